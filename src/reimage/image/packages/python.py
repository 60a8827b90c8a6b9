"""Python's packages: a folder of metadata beside the modules."""

from __future__ import annotations

import csv
import posixpath
from collections.abc import Iterator
from email.parser import HeaderParser
from typing import TYPE_CHECKING

from reimage.image.packages.package import Files, Package

if TYPE_CHECKING:
    from reimage.image.entries import Entry


def wanted(entry: Entry) -> bool:
    if entry.name in ("METADATA", "RECORD"):
        return entry.directory.endswith(".dist-info")
    return entry.name == "PKG-INFO" and entry.directory.endswith(".egg-info")


def read(files: Files) -> Iterator[Package]:
    for placed in files.tree:
        entry = placed.entry
        if entry.name in ("METADATA", "PKG-INFO") and wanted(entry):
            fields = HeaderParser().parsestr(files.text(entry.path)[:20_000])
            listed = _recorded(files, entry.directory)
            size = sum(_size(files, path) for path in listed) if listed else None
            name = str(fields.get("Name", ""))
            version = str(fields.get("Version", ""))
            yield Package("python", name, version, size, entry.directory, listed)


def _recorded(files: Files, metadata: str) -> tuple[str, ...]:
    """RECORD's paths are relative to where the metadata is."""
    beside = posixpath.dirname(metadata)
    rows = csv.reader(files.text(f"{metadata}/RECORD").replace("\0", "").split("\n"))
    try:
        names = [row[0] for row in rows if row]
    except csv.Error:
        return ()
    return tuple(posixpath.normpath(posixpath.join("/", beside, name))[1:] for name in names)


def _size(files: Files, path: str) -> int:
    placed = files.tree.get(path)
    return placed.entry.size if placed else 0
