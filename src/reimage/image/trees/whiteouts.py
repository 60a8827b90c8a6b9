"""How a layer says that something below it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reimage.image.entries import Entry

PREFIX = ".wh."
OPAQUE = ".wh..wh..opq"
"""In a directory: nothing of lower layers is in it."""
_AUFS = ".wh..wh."
"""Names that an old storage driver kept for itself."""


def is_whiteout(entry: Entry) -> bool:
    """Whether the entry is no file, but a mark."""
    return entry.name.startswith(PREFIX)


def removed_name(entry: Entry) -> str | None:
    """The name, in the same directory, that a whiteout removes; None where it is none of one."""
    if entry.name.startswith(_AUFS) or not entry.name.startswith(PREFIX):
        return None
    return entry.name[len(PREFIX) :] or None
