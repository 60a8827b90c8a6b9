"""Alpine's packages: one file, a paragraph of one-letter fields for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reimage.image.packages.package import Files, Package

if TYPE_CHECKING:
    from reimage.image.entries import Entry

_DATABASES = ("lib/apk/db/installed", "usr/lib/apk/db/installed")


def wanted(entry: Entry) -> bool:
    return entry.name == "installed" and entry.path in _DATABASES


def read(files: Files) -> Iterator[Package]:
    texts = {files.text(path) for path in _DATABASES}  # the first may lead to the second
    for text in sorted(texts):
        for paragraph in text.split("\n\n"):
            if found := _package(paragraph):
                yield found


def _package(paragraph: str) -> Package | None:
    fields: dict[str, str] = {}
    files = []
    folder = ""
    for line in paragraph.split("\n"):
        key, _, value = line.partition(":")
        if key == "F":
            folder = value
        elif key == "R":
            files.append(f"{folder}/{value}".lstrip("/"))
        else:
            fields.setdefault(key, value)
    if "P" not in fields:
        return None
    size = fields.get("I", "")
    known = int(size) if size.isdecimal() and len(size) < 18 else None
    return Package("apk", fields["P"], fields.get("V", ""), known, "", tuple(files))
