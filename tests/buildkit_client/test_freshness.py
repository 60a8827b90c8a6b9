"""Shared keys: kept while nothing can be missed, new as soon as something could."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from buildkit_client.freshness import shared_key

THEN = 10**18


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    write(folder / "f", b"aaa")
    return folder


def write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    os.utime(path, ns=(THEN, THEN))


def key(folder: Path) -> str:
    return shared_key([folder], cache=folder.parent / "cache")


def test_an_unchanged_folder_keeps_its_key(folder: Path) -> None:
    assert key(folder) == key(folder)


def test_what_the_builder_sees_itself_keeps_the_key(folder: Path) -> None:
    before = key(folder)
    write(folder / "f", b"aaaa")
    write(folder / "g", b"new")
    assert key(folder) == before


def test_a_change_within_size_and_time_makes_a_new_key(folder: Path) -> None:
    before = key(folder)
    write(folder / "f", b"bbb")
    assert key(folder) != before


def test_another_file_in_its_place_makes_a_new_key(folder: Path) -> None:
    before = key(folder)
    write(folder / "other", b"bbb")
    (folder / "other").replace(folder / "f")
    assert key(folder) != before


def test_a_file_that_went_and_came_back_otherwise_makes_a_new_key(folder: Path) -> None:
    before = key(folder)
    (folder / "f").unlink()
    assert key(folder) == before
    write(folder / "f", b"bbb")
    assert key(folder) != before


def test_what_changes_while_it_is_looked_at_is_not_trusted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(time, "sleep", lambda _: write(folder / "f", b"bbb"))
        before = key(folder)
    assert key(folder) != before


def test_folders_have_keys_of_their_own(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    cache = tmp_path / "cache"
    assert len({key(folder), key(other), shared_key([folder, other], cache=cache)}) == 3


def test_without_folders_or_memory_each_key_is_new(folder: Path, tmp_path: Path) -> None:
    assert shared_key([]) != shared_key([])
    (tmp_path / "file").touch()
    blocked = tmp_path / "file" / "cache"
    assert shared_key([folder], cache=blocked) != shared_key([folder], cache=blocked)


def test_a_garbled_memory_is_forgotten(folder: Path) -> None:
    before = key(folder)
    (memory,) = (folder.parent / "cache").iterdir()
    memory.write_bytes(memory.read_bytes()[:-3])
    assert key(folder) != before
    assert len(key(folder)) == 32
