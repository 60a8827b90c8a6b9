"""Packages of every manager, as they stand in an image."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path

from tests.image.making import Member, directory, file, files_as_tar, layout, symlink, tar

from reimage.image.contents import Contents
from reimage.image.layers import Reading
from reimage.image.opening import read_stream
from reimage.image.packages import rpm
from reimage.image.packages.installed import installed, keep, owners, package_changes
from reimage.image.packages.package import Files, Package
from reimage.image.trees.merging import merged


def packages(*members: Member) -> tuple[Package, ...]:
    with Contents(1 << 20) as contents:
        data = files_as_tar(layout(tar(*members)))
        image = read_stream([data], reading=Reading(contents=contents, keep=keep))
        return installed(merged(image.layers), contents)


STATUS = b"""Package: libc6
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Installed-Size: 12
Version: 2.36-9
Description: GNU C Library
 Version: not a field

Package: gone
Status: deinstall ok config-files
Version: 1
"""


def test_debian() -> None:
    found = packages(
        file("var/lib/dpkg/status", STATUS),
        file("var/lib/dpkg/info/libc6:amd64.list", b"/.\n/lib\n/lib/libc.so.6\n"),
    )
    assert found == (Package("dpkg", "libc6", "2.36-9", 12288, "", ("lib", "lib/libc.so.6")),)


def test_distroless() -> None:
    found = packages(
        file("var/lib/dpkg/status.d/tzdata", b"Package: tzdata\nVersion: 2024a\n"),
        file("var/lib/dpkg/status.d/tzdata.md5sums", b"d41d8  usr/share/zoneinfo/UTC\n"),
    )
    assert found == (Package("dpkg", "tzdata", "2024a", None, "", ("usr/share/zoneinfo/UTC",)),)


def test_alpine() -> None:
    text = b"P:musl\nV:1.2.4-r2\nI:634880\nF:lib\nR:ld-musl-x86_64.so.1\nZ:Q1\n\n"
    assert packages(file("lib/apk/db/installed", text)) == (
        Package("apk", "musl", "1.2.4-r2", 634880, "", ("lib/ld-musl-x86_64.so.1",)),
    )


def rpm_header(name: str, size: int) -> bytes:
    texts = name.encode() + b"\0" + b"1.0\0" + b"2.el9\0"
    texts += bytes(-len(texts) % 4)
    starts = (0, len(name) + 1, len(name) + 5, len(texts))
    kinds = ((1000, 6), (1001, 6), (1002, 6), (1009, 4))
    index = b"".join(
        struct.pack(">iiii", tag, kind, at, 1)
        for (tag, kind), at in zip(kinds, starts, strict=True)
    )
    return struct.pack(">II", 4, len(texts) + 4) + index + texts + struct.pack(">I", size)


def test_red_hat(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "rpmdb.sqlite")
    database.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)")
    rows = [(rpm_header("bash", 7_000_000),), (b"junk",), (b"",)]
    database.executemany("INSERT INTO Packages (blob) VALUES (?)", rows)
    database.commit()
    database.close()
    data = (tmp_path / "rpmdb.sqlite").read_bytes()
    assert packages(file("usr/lib/sysimage/rpm/rpmdb.sqlite", data)) == (
        Package("rpm", "bash", "1.0-2.el9", 7_000_000),
    )


def test_a_damaged_database_has_no_packages() -> None:
    assert packages(file("var/lib/rpm/rpmdb.sqlite", b"SQLite format 3\0" + b"x" * 500)) == ()


def test_databases_that_are_not_read_are_told() -> None:
    image = read_stream([files_as_tar(layout(tar(file("var/lib/rpm/Packages", b"x"))))])
    with Contents(1) as contents:
        assert rpm.unread(Files(merged(image.layers), contents))


def test_python() -> None:
    site = "usr/lib/python3.12/site-packages"
    record = b"flask/__init__.py,sha256=a,3\n../../../bin/flask,,\nFlask-3.0.dist-info/METADATA,,\n"
    found = packages(
        file(f"{site}/Flask-3.0.dist-info/METADATA", b"Name: Flask\nVersion: 3.0\n\ntext"),
        file(f"{site}/Flask-3.0.dist-info/RECORD", record),
        file(f"{site}/flask/__init__.py", b"abc"),
        file("usr/bin/flask", b"#!x"),
    )
    (flask,) = found
    assert flask[:4] == ("python", "Flask", "3.0", 3 + 3 + 30)
    assert "usr/bin/flask" in flask.files


def test_python_twice_of_which_one_does_not_tell_its_files() -> None:
    told, untold = "usr/lib/python3/dist-packages/a-1", "app/a-1"
    record = b"a-1.dist-info/METADATA,,\n"
    found = packages(
        file(f"{told}.dist-info/METADATA", b"Name: a\nVersion: 1\n\n"),
        file(f"{told}.dist-info/RECORD", record),
        file(f"{untold}.dist-info/METADATA", b"Name: a\nVersion: 1\n\n"),
    )
    assert [(each.place, each.size) for each in found] == [
        (f"{untold}.dist-info", None),
        (f"{told}.dist-info", 20),
    ]


def test_npm() -> None:
    found = packages(
        file("app/package.json", b'{"name":"app"}'),
        file("app/node_modules/a/package.json", b'{"name":"a","version":"1"}'),
        file("app/node_modules/a/index.js", b"12345"),
        file("app/node_modules/a/node_modules/b/package.json", b'{"name":"b","version":"2"}'),
        file("app/node_modules/@scope/c/package.json", b'{"name":"@scope/c","version":"3"}'),
        file("app/node_modules/a/test/package.json", b"{"),
        file("app/node_modules/broken/package.json", b"{"),
    )
    assert [(each.name, each.version, each.size) for each in found] == [
        ("@scope/c", "3", 33),
        ("a", "1", 32),
        ("b", "2", 26),
    ]


def test_changes_between_images() -> None:
    old, new = Package("dpkg", "a", "1", 10), Package("dpkg", "a", "2", 12)
    gone, same = Package("dpkg", "gone", "1", 1), Package("npm", "same", "1", 1, "app/x")
    found = package_changes((old, gone, same), (new, same))
    assert [(each.name, each.before, each.after) for each in found] == [
        ("a", old, new),
        ("gone", gone, None),
    ]


def test_owners_are_found_through_merged_directories() -> None:
    members = (
        directory("usr"),
        directory("usr/lib"),
        symlink("lib", "usr/lib"),
        file("usr/lib/libc.so.6", b"x"),
        file("var/lib/dpkg/status", STATUS),
        file("var/lib/dpkg/info/libc6:amd64.list", b"/lib\n/lib/libc.so.6\n"),
    )
    with Contents(1 << 20) as contents:
        data = files_as_tar(layout(tar(*members)))
        image = read_stream([data], reading=Reading(contents=contents, keep=keep))
        tree = merged(image.layers)
        found = owners(tree, contents, installed(tree, contents))
    assert found["usr/lib/libc.so.6"].name == "libc6"
