"""Reading ahead: the same pieces, the same errors, and an end when nobody wants more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.image.making import docker_archive, file, files_as_tar, tar

from reimage.image.ahead import ahead
from reimage.image.errors import Damaged
from reimage.image.opening import open_image


def readers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "ahead"]


def test_the_pieces_come_in_their_order() -> None:
    pieces = [str(number).encode() for number in range(1000)]
    assert list(ahead(pieces)) == pieces
    assert list(ahead([])) == []


def test_what_went_wrong_is_raised_after_the_pieces_before_it() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"one"
        raise Damaged("cut off")

    found = ahead(pieces())
    assert next(found) == b"one"
    with pytest.raises(Damaged, match="cut off"):
        next(found)


def test_nothing_reads_any_more_once_it_is_closed() -> None:
    read = 0

    def pieces() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x"

    with closing(ahead(pieces())) as found:
        next(found)
    assert read < 100
    before = read
    assert not readers()
    assert read == before


def test_no_thread_is_left_of_an_archive_that_is_damaged(tmp_path: Path) -> None:
    layer = bytearray(tar(*(file(f"f{number}", bytes(100_000)) for number in range(200))))
    layer[148:156] = b"7777777\0"
    path = tmp_path / "image.tar"
    path.write_bytes(files_as_tar(docker_archive(bytes(layer))))
    with pytest.raises(Damaged, match="checksum"):
        open_image(path)
    assert not readers()
