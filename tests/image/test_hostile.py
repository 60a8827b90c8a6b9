"""Images made to harm: a clear error in little time and memory."""

from __future__ import annotations

import gzip
import resource
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from backports import zstd
from tests.image.making import (
    Blobs,
    Member,
    directory,
    file,
    files_as_tar,
    hard_link,
    layout,
    symlink,
    tar,
    with_index,
)

from reimage.image.errors import Damaged, ImageError, Unbounded
from reimage.image.json_values import parse_object
from reimage.image.layers import LayerContent, Reading
from reimage.image.limits import DEFAULT
from reimage.image.manifests import parse
from reimage.image.opening import open_image


def read(*members: Member, **limits: int) -> LayerContent:
    return Reading(DEFAULT._replace(**limits)).layer([tar(*members)])


def test_absolute_names_are_below_the_root_of_the_image() -> None:
    found = read(directory("/etc"), file("//etc///passwd"), hard_link("/a", "/etc/./passwd"))
    assert [entry.path for entry in found.entries] == ["etc", "etc/passwd", "a"]
    assert found.entries[2].link == "etc/passwd"


def test_names_that_stay_inside_are_cleaned() -> None:
    found = read(file("./a/../b/./c"), directory("./"), directory("x/."))
    assert [entry.path for entry in found.entries] == ["b/c", "", "x"]


@pytest.mark.parametrize("name", ["../x", "a/../../x", "..", "/../etc/passwd", "a/../.."])
def test_names_that_lead_out_are_refused(name: str) -> None:
    with pytest.raises(Damaged, match="leads out of the image"):
        read(file(name))
    with pytest.raises(Damaged, match="leads out of the image"):
        read(file("a"), hard_link("b", name))


def test_links_out_of_the_root_are_only_text() -> None:
    found = read(symlink("out", "../../../../etc"), file("out/passwd", b"x"))
    assert found.entries[0].link == "../../../../etc"


def test_a_name_with_a_zero_byte_is_refused() -> None:
    info, content = file("a")
    info.pax_headers = {"path": "a\0b"}
    with pytest.raises(Damaged, match="zero byte"):
        read((info, content))


def test_names_longer_than_linux_opens_are_refused() -> None:
    with pytest.raises(Damaged, match="longer than Linux opens"):
        read(file("d/" * 3000 + "x"))


def declaring(size: int) -> bytes:
    info, _ = file("huge")
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize("size", [10**12, 8 * 10**18])
def test_declared_bytes_that_do_not_come_cost_nothing(size: int) -> None:
    with pytest.raises(Damaged, match="cut off"):
        Reading().layer([declaring(size) + bytes(10_000)])


def zeros(count: int, piece: int = 1 << 20) -> Iterator[bytes]:
    packer = zlib.compressobj(9, wbits=31)
    yield packer.compress(declaring(count))
    for _ in range(count // piece):
        yield packer.compress(bytes(piece))
    yield packer.flush()


def test_a_bomb_is_refused_by_its_ratio() -> None:
    reading = Reading(DEFAULT._replace(unpacked_freely=10 << 20))
    with pytest.raises(Unbounded, match="more than 200 times its size"):
        reading.layer(zeros(100 << 20))


def test_zeros_up_to_a_limit_are_no_bomb() -> None:
    assert (
        Reading().layer([*zeros(20 << 20), gzip.compress(bytes(1024))]).entries[0].size == 20 << 20
    )


def test_a_bomb_of_zstd_is_unpacked_in_small_pieces() -> None:
    packed = zstd.compress(declaring(1 << 28) + bytes(1 << 28))
    reading = Reading(DEFAULT._replace(unpacked_freely=1 << 20))
    with pytest.raises(Unbounded, match="more than 200 times"):
        reading.layer([packed])


def test_the_whole_is_bounded_too() -> None:
    with pytest.raises(Unbounded, match="unpacks to more than 20000 bytes"):
        read(file("a", b"x" * 30_000), unpacked=20_000)


def test_holes_count_as_what_they_are() -> None:
    info, content = file("hole")
    info.pax_headers = {"GNU.sparse.size": str(10**13), "GNU.sparse.map": "0,0"}
    with pytest.raises(Unbounded, match="unpacks to more than"):
        read((info, content))


def test_entries_are_bounded() -> None:
    with pytest.raises(Unbounded, match="more than 10 entries"):
        read(*(file(f"f{number}") for number in range(11)), entries=10)


def test_names_are_bounded() -> None:
    with pytest.raises(Unbounded, match="names in the image"):
        read(*(file(f"{number}" * 300) for number in range(10)), names=1000)


@pytest.mark.parametrize("end", [5, 30, 60])
def test_truncated_gzip_is_refused(end: int) -> None:
    packed = gzip.compress(tar(file("a", bytes(range(256)))))
    with pytest.raises(Damaged):
        Reading().layer([packed[:-end]])


def test_damaged_gzip_is_refused() -> None:
    packed = bytearray(gzip.compress(tar(file("a", b"x" * 3000))))
    packed[-6] ^= 1
    with pytest.raises(Damaged, match="cannot be unpacked"):
        Reading().layer([bytes(packed)])


def test_gzip_in_several_members_and_padding_are_read() -> None:
    data = tar(file("a", b"x" * 3000))
    packed = gzip.compress(data[:700]) + gzip.compress(data[700:]) + bytes(50)
    found = Reading().layer([packed[at : at + 7] for at in range(0, len(packed), 7)])
    assert found.entries[0].size == 3000
    assert found.stored_size == len(packed)


@pytest.mark.parametrize("text", [b"[" * 100_000, b"{", b"\xff\xfe", b'"text"', b"[1]", b""])
def test_json_that_is_none_is_refused(text: bytes) -> None:
    with pytest.raises(Damaged):
        parse_object(text, "It")


@pytest.mark.parametrize("digest", ["sha256:../../etc/passwd", "sha256:", "md5:00", "x", 7])
def test_digests_never_become_paths(digest: object) -> None:
    text = f'{{"manifests":[{{"digest":"{digest}"}}]}}'.encode()
    with pytest.raises(Damaged, match="digest that is none"):
        parse(text)


def test_indexes_in_indexes_come_to_an_end(tmp_path: Path) -> None:
    blobs = Blobs()
    described = blobs.add_json({"manifests": []})
    for _ in range(10):
        described = blobs.add_json({"manifests": [described]})
    path = tmp_path / "image.tar"
    path.write_bytes(files_as_tar(with_index(blobs, described)))
    with pytest.raises(ImageError, match="without end"):
        open_image(path)


def test_too_many_layers_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(files_as_tar(layout(*[tar(file("a"))] * 5)))
    with pytest.raises(Unbounded, match="has 5 layers; 3 are read"):
        open_image(path, reading=Reading(DEFAULT._replace(layers=3)))


_MILLION = """
import resource, sys
from reimage.image.layers import Reading
def layer():
    import tarfile
    for number in range(1_000_000):
        info = tarfile.TarInfo(f"folder{number // 100}/file{number}")
        yield info.tobuf(tarfile.USTAR_FORMAT)
    yield bytes(1024)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = Reading().layer(layer())
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(len(found.entries), used * 1024 // len(found.entries))
"""


@pytest.mark.slow
def test_a_million_entries_take_less_than_400_bytes_each() -> None:
    command = [sys.executable, "-c", _MILLION]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert said[0] == "1000000"
    assert int(said[1]) < 400


def test_a_bomb_takes_little_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Unbounded):
        Reading(DEFAULT._replace(unpacked_freely=50 << 20)).layer(zeros(200 << 20))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30 << 10


def test_content_is_hashed() -> None:
    one, two, three = read(file("a", b"x"), file("b", b"x"), file("c", b"y")).entries
    assert one.digest == two.digest != three.digest
    assert one.digest and len(one.digest) == 16
    assert Reading(hashing=False).layer([tar(file("a", b"x"))]).entries[0].digest is None
