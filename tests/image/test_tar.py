"""The tar reader, beside the standard library's."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.image.making import Member, directory, file, hard_link, member, symlink, tar

from reimage.image.errors import Damaged, Unbounded
from reimage.image.layers import Reading
from reimage.image.tar import headers, pax
from reimage.image.tar.blocks import Blocks
from reimage.image.tar.reading import Members

BLOCK = 512


def ours(data: bytes, piece: int = 1 << 20) -> list[tuple[object, ...]]:
    pieces = (data[at : at + piece] for at in range(0, len(data), piece))
    blocks = Blocks(iter(pieces))
    found: list[tuple[object, ...]] = []
    for each in Members(blocks, longest_header=1 << 20):
        content = None if each.sparse else blocks.take(each.stored)
        kind = each.type
        found.append(
            (each.name.rstrip(b"/"), kind, *each.owner, each.mtime, each.link, each.size)
            + ((content,) if kind == b"0" else ())
        )
    return found


def theirs(data: bytes) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as archive:
        for info in archive:
            kind = b"0" if info.type in (b"\0", b"7") else info.type
            content: tuple[bytes | None, ...] = ()
            if kind == b"0":
                source = archive.extractfile(info)
                content = (source.read() if source and not info.issparse() else None,)
            name, link = (
                text.encode("utf-8", "surrogateescape") for text in (info.name, info.linkname)
            )
            size = info.size if kind == b"0" else 0
            owner = (info.mode & 0o7777, info.uid, info.gid)
            found.append((name, kind, *owner, int(info.mtime // 1), link, size, *content))
    return found


NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=40
).filter(lambda name: name.strip(".") != "")
PATHS = st.lists(NAMES, min_size=1, max_size=6).map("/".join)


@st.composite
def members(draw: st.DrawFn) -> Member:
    kind = draw(st.sampled_from([b"0", b"1", b"2", b"3", b"4", b"5", b"6"]))
    content = draw(st.binary(max_size=1500)) if kind == b"0" else b""
    info, content = member(
        draw(PATHS),
        kind,
        content,
        linkname=draw(PATHS) if kind in b"12" else "",
        mode=draw(st.integers(0, 0o7777)),
        uid=draw(st.integers(0, 2**40)),
        gid=draw(st.integers(0, 2**21)),
        mtime=draw(st.integers(0, 2**34)),
    )
    return info, content


@settings(deadline=None)
@given(
    st.lists(members(), max_size=8),
    st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
    st.sampled_from([100, 512, 1000, 1 << 20]),
)
def test_reads_what_tarfile_reads(some: list[Member], form: int, piece: int) -> None:
    data = tar(*some, format=form)
    assert ours(data, piece) == theirs(data)


def test_names_that_are_not_utf_8_keep_their_bytes() -> None:
    data = tar(file("caf\udce9"), file("x" * 200 + "\udcff"), format=tarfile.GNU_FORMAT)
    assert [found[0] for found in ours(data)] == [b"caf\xe9", b"x" * 200 + b"\xff"]


def test_reads_the_oldest_format() -> None:
    info, _ = file("folder/")
    info.type = tarfile.AREGTYPE
    data = info.tobuf(tarfile.USTAR_FORMAT) + bytes(1024)
    assert [found[:2] for found in ours(data)] == [(b"folder", b"5")]


@pytest.mark.parametrize(
    "form",
    [
        "gnu",
        "posix --sparse-version=0.0",
        "posix --sparse-version=0.1",
        "posix --sparse-version=1.0",
    ],
)
@pytest.mark.parametrize("holes", [1, 3, 60])
def test_sparse_files_hash_as_the_files_that_they_are(
    tmp_path: Path, form: str, holes: int
) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as out:
        for number in range(holes):
            out.seek((number + 1) * 100_000)
            out.write(b"%d" % number * 5000)
        out.truncate(holes * 100_000 + 300_000)
    options = [f"--format={form.split()[0]}", *form.split()[1:]]
    packed = subprocess.run(
        ["tar", "--sparse", *options, "-C", tmp_path, "-cf-", "sparse"],
        check=True,
        capture_output=True,
    ).stdout
    assert len(packed) < path.stat().st_size
    found, plain = (
        Reading().layer([data]).entries[0]
        for data in (packed, tar(file("sparse", path.read_bytes())))
    )
    assert (found.name, found.size, found.digest) == (plain.name, plain.size, plain.digest)


def test_attributes_and_devices_are_kept() -> None:
    info, content = file("ping", b"x")
    info.pax_headers = {"SCHILY.xattr.security.capability": "\x01\x02"}
    null = member("null", tarfile.CHRTYPE, devmajor=1, devminor=3)
    ping, device = Reading().layer([tar((info, content), null)]).entries
    assert ping.xattrs == {"security.capability": b"\x01\x02"}
    assert device.extra and device.extra.device == (1, 3)


def test_times_with_fractions_are_rounded_down() -> None:
    assert pax.whole(b"12.75") == 12
    assert pax.whole(b"-1.5") == -2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b"0000644\0", 0o644),
        (b"   644 \0", 0o644),
        (b"\0" * 8, 0),
        (b"\x80\0\0\0\0\0\x01\0", 256),
        (b"\xff" * 12, -1),
    ],
)
def test_numbers_are_octal_or_to_base_256(field: bytes, value: int) -> None:
    assert headers.number(field) == value


class TestRefuses:
    def refused(self, data: bytes, match: str, error: type[Exception] = Damaged) -> None:
        with pytest.raises(error, match=match):
            ours(data)

    def test_an_archive_that_was_cut_off(self) -> None:
        data = tar(file("a", b"x" * 5000))
        for end in (100, 600, 3000):
            self.refused(data[:end], "cut off")

    def test_a_wrong_checksum(self) -> None:
        data = bytearray(tar(file("a")))
        data[0] ^= 1
        self.refused(bytes(data), "checksum")

    def test_a_number_that_is_none(self) -> None:
        info, _ = file("a")
        buffer = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
        buffer[124:136] = b"99999999999\0"
        buffer[148:156] = b" " * 8
        buffer[148:156] = b"%06o\0 " % sum(buffer[:512])
        self.refused(bytes(buffer) + bytes(1024), "number that is none")

    def test_an_extended_header_without_end(self) -> None:
        info, _ = file("a", b"")
        info.type, info.size = tarfile.XHDTYPE, 1 << 33
        self.refused(info.tobuf(tarfile.GNU_FORMAT), "extended header", Unbounded)

    @pytest.mark.parametrize(
        "records", [b"9 path=a", b"99999 path=a\n", b"x path=a\n", b"8 path\n\n"]
    )
    def test_a_malformed_extended_header(self, records: bytes) -> None:
        info, _ = file("a")
        info.type, info.size = tarfile.XHDTYPE, len(records)
        header = info.tobuf(tarfile.USTAR_FORMAT) + records.ljust(BLOCK, b"\0")
        self.refused(header + tar(file("b")), "malformed")

    def test_what_goes_on_after_its_end(self) -> None:
        first = tar(file("a"))[:BLOCK]
        self.refused(first + bytes(BLOCK) + tar(file("b")), "goes on")

    def test_a_sparse_map_that_does_not_fit(self) -> None:
        info, content = file("a", b"x" * 10)
        info.pax_headers = {"GNU.sparse.size": "5", "GNU.sparse.map": "0,10"}
        self.refused(tar((info, content)), "malformed map")


def test_links_and_directories_have_no_content() -> None:
    some = (directory("d"), symlink("s", "d"), file("f", b"abc"), hard_link("h", "f"))
    entries = Reading().layer([tar(*some)]).entries
    assert [entry.size for entry in entries] == [0, 0, 3, 0]
    assert [entry.is_hard_link for entry in entries] == [False, False, False, True]
