"""In what two entries of one path differ."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from reimage.image.entries import Entry

Difference = Literal["type", "content", "link", "mode", "owner", "attributes"]


def differences(before: Entry, after: Entry) -> tuple[Difference, ...]:
    """Times aside. Give hard links as what they are names of: a name more is no difference.

    Where contents were not hashed only their sizes are compared.
    """
    if before.kind != after.kind:
        return ("type",)
    found: list[Difference] = []
    if before.is_file and not _same_content(before, after):
        found.append("content")
    if before.is_symlink and before.link != after.link:
        found.append("link")
    if before.mode != after.mode and not before.is_symlink:
        found.append("mode")
    if before.owner[1:] != after.owner[1:]:
        found.append("owner")
    if before.extra != after.extra and _attributes(before) != _attributes(after):
        found.append("attributes")
    return tuple(found)


def _same_content(before: Entry, after: Entry) -> bool:
    if before.digest is not None and after.digest is not None:
        return before.digest == after.digest
    return before.size == after.size


def _attributes(entry: Entry) -> tuple[Mapping[str, bytes], tuple[int, int] | None]:
    is_device = entry.kind in (stat.S_IFCHR, stat.S_IFBLK)
    return entry.xattrs, entry.extra.device if is_device and entry.extra else None
