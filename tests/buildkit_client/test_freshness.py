"""Shared keys: kept while nothing can be missed, new as soon as something could."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from buildkit_client import freshness
from buildkit_client.freshness import shared_key
from buildkit_client.ignore import patterns_in_force
from buildkit_client.session.selection import Selection
from buildkit_client.session.trees import Directory

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
    patterns = patterns_in_force(folder)
    tree = Directory(folder, held_back=patterns, always=[".dockerignore"])
    return shared_key([folder], [tree], cache=folder.parent / "cache")


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
        # However slow the machine is, the file has just been written.
        patched.setattr(freshness, "_COARSE_NS", 10**12)
        patched.setattr(time, "sleep", lambda _: write(folder / "f", b"bbb"))
        before = key(folder)
    assert key(folder) != before


def test_folders_have_keys_of_their_own(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    cache = tmp_path / "cache"
    both = shared_key([folder, other], [Directory(folder), Directory(other)], cache=cache)
    assert len({key(folder), key(other), both}) == 3


def test_without_folders_or_memory_each_key_is_new(folder: Path, tmp_path: Path) -> None:
    assert shared_key([], []) != shared_key([], [])
    (tmp_path / "file").touch()
    blocked = tmp_path / "file" / "cache"
    first, second = (shared_key([folder], [Directory(folder)], cache=blocked) for _ in range(2))
    assert first != second


def test_a_garbled_memory_is_forgotten(folder: Path) -> None:
    before = key(folder)
    (memory,) = (folder.parent / "cache").iterdir()
    memory.write_bytes(memory.read_bytes()[:-3])
    assert key(folder) != before
    assert len(key(folder)) == 32


def test_what_is_held_back_is_not_looked_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".dockerignore").write_text("node_modules\n*.log\n")
    (folder / "node_modules" / "deep").mkdir(parents=True)
    for name in ("node_modules/a", "node_modules/deep/b", "x.log"):
        write(folder / name, b"aaa")
    tree = Directory(folder, held_back=patterns_in_force(folder))
    opened: list[str] = []
    scandir = os.scandir

    def scan(path: str) -> Iterator[os.DirEntry[str]]:
        opened.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", scan)
    assert {Path(path).name for path, _ in tree.watched()} == {"f", ".dockerignore"}
    assert len(opened) == 1


def test_a_change_of_what_is_held_back_keeps_the_key(folder: Path) -> None:
    (folder / ".dockerignore").write_text("*.log\n")
    write(folder / "x.log", b"aaa")
    before = key(folder)
    write(folder / "x.log", b"bbb")
    assert key(folder) == before


def test_what_was_sent_and_changed_while_it_was_held_back_makes_a_new_key(folder: Path) -> None:
    before = key(folder)
    (folder / ".dockerignore").write_text("f\n")
    assert key(folder) == before
    write(folder / "f", b"bbb")
    assert key(folder) == before
    (folder / ".dockerignore").unlink()
    assert key(folder) != before


def test_the_ignore_file_itself_is_looked_at_though_it_holds_itself_back(folder: Path) -> None:
    write(folder / ".dockerignore", b"*\n!a")
    before = key(folder)
    write(folder / ".dockerignore", b"*\n!b")
    assert key(folder) != before


def test_the_memory_is_dropped_when_the_builder_asks_for_what_was_not_looked_at(
    folder: Path,
) -> None:
    (folder / ".dockerignore").write_text("f\n")
    tree = Directory(folder, held_back=["f"], always=[".dockerignore"])
    cache = folder.parent / "cache"
    before = shared_key([folder], [tree], cache=cache)
    list(tree.walk(Selection(includes=[".dockerignore"])))
    list(tree.walk(Selection(excludes=["f"])))
    assert key(folder) == before
    list(tree.walk(Selection()))
    assert key(folder) != before


def test_an_ignore_file_beside_the_dockerfile_comes_first(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("a")
    (tmp_path / "app.Dockerfile").touch()
    assert patterns_in_force(tmp_path, tmp_path / "app.Dockerfile") == ("a",)
    (tmp_path / "app.Dockerfile.dockerignore").write_text("b")
    assert patterns_in_force(tmp_path, tmp_path / "app.Dockerfile") == ("b",)
    assert patterns_in_force(tmp_path) == ("a",)


@pytest.mark.parametrize("text", [b"a\n[", b"x" * 70_000])
def test_an_ignore_file_that_is_refused_holds_nothing_back_here(
    tmp_path: Path, text: bytes
) -> None:
    (tmp_path / ".dockerignore").write_bytes(text)
    assert patterns_in_force(tmp_path) == ()
