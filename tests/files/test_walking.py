from __future__ import annotations

import os
from pathlib import Path

import pytest

from reimage.files import Entry, FilesError, Kind, walk


def paths(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.path for entry in entries]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b/2", "b/1", "a/deep/file", "z"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"abc")
    return tmp_path


def test_a_missing_root_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FilesError, match="does not exist"):
        walk(tmp_path / "nothing")


def test_a_file_is_no_root(tree: Path) -> None:
    with pytest.raises(FilesError, match="is a file, not a directory"):
        walk(tree / "z")


def test_links_are_listed_and_never_followed(tree: Path) -> None:
    (tree / "out").symlink_to("/")
    (tree / "loop").symlink_to(".")
    seen = walk(tree)
    kinds = {entry.path: entry.kind for entry in seen.entries}
    assert kinds["out"] is kinds["loop"] is Kind.LINK
    assert len(seen.entries) == 9


def test_a_skipped_directory_is_not_entered(tree: Path) -> None:
    seen = walk(tree, skip=lambda path: path == "a")
    assert seen.skipped == ("a",)
    assert paths(seen.entries) == ["b", "z", "b/1", "b/2"]


def test_a_skipped_directory_is_entered_when_the_caller_says_so(tree: Path) -> None:
    seen = walk(tree, skip=lambda path: path in ("a", "a/deep"), enter=lambda path: True)
    assert "a/deep/file" in paths(seen.entries)
    assert seen.skipped == ("a", "a/deep")


def test_the_limit_ends_the_walk_nearest_files_first(tree: Path) -> None:
    seen = walk(tree, limit=4)
    assert (paths(seen.entries), seen.truncated) == (["a", "b", "z", "a/deep"], True)
    assert not walk(tree, limit=7).truncated


def test_depth_ends_the_walk_too(tree: Path) -> None:
    seen = walk(tree, depth=2)
    assert "a/deep" in paths(seen.entries)
    assert ("a/deep/file" in paths(seen.entries), seen.truncated) == (False, True)


def test_a_directory_that_cannot_be_listed_is_named(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("deep"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    seen = walk(tree)
    assert seen.unreadable == ("a/deep",)
    assert "b/2" in paths(seen.entries)


def test_kinds_are_told(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    kinds = {entry.path: entry.kind for entry in walk(tree).entries}
    assert (kinds["z"], kinds["a"], kinds["pipe"]) == (Kind.FILE, Kind.DIRECTORY, Kind.OTHER)


def test_names_that_are_not_utf8_survive(tree: Path) -> None:
    name = os.fsencode(tree) + b"/caf\xe9"
    with open(name, "wb"):
        pass
    found = [path for path in paths(walk(tree).entries) if path.startswith("caf")]
    assert [os.fsencode(path) for path in found] == [b"caf\xe9"]
