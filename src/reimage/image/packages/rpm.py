"""Red Hat's and SUSE's packages, from the SQLite database that rpm 4.16 and later keep.

Older databases (Berkeley DB, ndb) are not read; `unread` tells that one is there.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from reimage.image.packages.package import Files, Package

if TYPE_CHECKING:
    from reimage.image.entries import Entry

_FOLDERS = ("var/lib/rpm", "usr/lib/sysimage/rpm")
_OLDER = ("Packages", "Packages.db")
_NAME, _VERSION, _RELEASE, _SIZE, _LONG_SIZE = 1000, 1001, 1002, 1009, 5009
_INT32, _INT64, _STRING = 4, 5, 6
_INDEX = struct.Struct(">iiii")


def wanted(entry: Entry) -> bool:
    return entry.name == "rpmdb.sqlite" and entry.directory in _FOLDERS


def unread(files: Files) -> bool:
    """Whether there are packages in a format that is not read here."""
    return any(files.tree.find(f"{folder}/{name}") for folder in _FOLDERS for name in _OLDER)


def read(files: Files) -> Iterator[Package]:
    databases = {files.read(f"{folder}/rpmdb.sqlite") for folder in _FOLDERS} - {None, b""}
    for data in databases:
        assert data
        yield from filter(None, map(_package, _headers(data)))


def _headers(data: bytes) -> list[bytes]:
    """What SQLite cannot read is as if there were none: another tool's trouble, not ours."""
    # A journal that is still to be applied is for a file beside this one: say that there is none.
    data = data[:18] + b"\1\1" + data[20:]
    with closing(sqlite3.connect(":memory:")) as database:
        try:
            database.deserialize(data)
            database.execute("PRAGMA trusted_schema=OFF")
            rows = database.execute("SELECT blob FROM Packages").fetchall()
        except sqlite3.Error:
            return []
    return [row[0] for row in rows if isinstance(row[0], bytes)]


def _package(blob: bytes) -> Package | None:
    """A header: counts, an index of tags, and the data that they lead to."""
    try:
        found = dict(_fields(blob))
    except (struct.error, IndexError):
        return None
    name, version, release = (found.get(tag, "") for tag in (_NAME, _VERSION, _RELEASE))
    size = found.get(_LONG_SIZE, found.get(_SIZE))
    if not isinstance(name, str) or not name:
        return None
    return Package("rpm", name, f"{version}-{release}", size if isinstance(size, int) else None)


def _fields(blob: bytes) -> Iterator[tuple[int, str | int]]:
    count, _ = struct.unpack_from(">II", blob)
    data = 8 + count * _INDEX.size
    for number in range(min(count, len(blob) // _INDEX.size)):
        tag, kind, offset, _ = _INDEX.unpack_from(blob, 8 + number * _INDEX.size)
        if offset < 0 or tag not in (_NAME, _VERSION, _RELEASE, _SIZE, _LONG_SIZE):
            continue
        start = data + offset
        if kind == _STRING:
            yield tag, blob[start : blob.index(b"\0", start)].decode("utf-8", "replace")
        elif kind == _INT32:
            yield tag, struct.unpack_from(">I", blob, start)[0]
        elif kind == _INT64:
            yield tag, struct.unpack_from(">Q", blob, start)[0]
