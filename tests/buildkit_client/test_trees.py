"""What of a folder is listed, in which order, and through which links."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from buildkit_client.ignore import BadIgnorePattern
from buildkit_client.session.followed import follow
from buildkit_client.session.selection import Selection
from buildkit_client.session.trees import Directory, Files


def make(root: Path, *names: str) -> Directory:
    for name in names:
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
    return Directory(root)


def listed(tree: Directory | Files, selection: Selection | None = None) -> list[str]:
    return [os.fsdecode(entry.path) for entry in tree.walk(selection or Selection())]


def test_a_folder_is_listed_with_all_below_it_before_the_next_name(tmp_path: Path) -> None:
    tree = make(tmp_path, "d/x", "d-e", "d.f", "é", "Z")
    assert listed(tree) == ["Z", "d", "d/x", "d-e", "d.f", "é"]


def test_an_unwanted_folder_is_listed_only_for_what_is_wanted_below_it(tmp_path: Path) -> None:
    tree = make(tmp_path, "a/b/keep", "a/b/drop", "a/c/drop", "e/")
    assert listed(tree, Selection(excludes=["**", "!a/b/keep"])) == ["a", "a/b", "a/b/keep"]


def test_includes_leave_out_the_rest(tmp_path: Path) -> None:
    tree = make(tmp_path, "a/x", "a/y", "ab", "b/x")
    assert listed(tree, Selection(["a/x", "b"])) == ["a", "a/x", "b", "b/x"]
    assert listed(tree, Selection(["*/x"], ["b"])) == ["a", "a/x"]
    assert listed(tree, Selection(["nothing"])) == []


def test_folders_that_cannot_hold_anything_wanted_are_not_entered() -> None:
    selection = Selection(["src/app/*.py", "docs/*"], ["docs/old"])
    assert selection.enters("src")
    assert selection.enters("src/app")
    assert selection.enters("docs")
    assert not selection.enters("tests")
    assert not selection.enters("docs/old")


def test_stars_at_the_end_are_looked_at_as_docker_does(tmp_path: Path) -> None:
    """Docker's client enters no folder that only `*/**` leads to, unless another pattern has stars
    in its middle."""
    tree = make(tmp_path, "a/b/c")
    assert listed(tree, Selection(["a/*/**"])) == []
    assert listed(tree, Selection(["a/*/**", "x*"])) == ["a", "a/b", "a/b/c"]
    assert listed(tree, Selection(["a/**"])) == ["a", "a/b", "a/b/c"]


def test_a_pattern_that_buildkit_refuses_is_refused() -> None:
    with pytest.raises(BadIgnorePattern):
        Selection(excludes=["a[b"])


def test_links_sizes_and_owners(tmp_path: Path) -> None:
    tree = make(tmp_path, "a", "z")
    os.link(tmp_path / "a", tmp_path / "b")
    os.symlink("a", tmp_path / "c")
    entries = {entry.path: entry for entry in tree.walk(Selection())}
    assert (entries[b"b"].linkname, entries[b"b"].size) == (b"a", 1)
    assert entries[b"a"].linkname == b""
    assert entries[b"c"].linkname == b"a"
    assert {(entry.uid, entry.gid) for entry in entries.values()} == {(0, 0)}


def test_a_hard_link_points_to_the_first_name_that_is_sent(tmp_path: Path) -> None:
    tree = make(tmp_path, "a")
    os.link(tmp_path / "a", tmp_path / "b")
    os.link(tmp_path / "a", tmp_path / "c")
    links = [(e.path, e.linkname) for e in tree.walk(Selection(excludes=["a"]))]
    assert links == [(b"b", b""), (b"c", b"b")]


def test_a_link_that_took_the_place_of_a_file_is_not_read(tmp_path: Path) -> None:
    tree = make(tmp_path, "a")
    (tmp_path / "a").unlink()
    (tmp_path / "a").symlink_to("/etc/passwd")
    with pytest.raises(OSError, match="symbolic links"):
        tree.open("a")


def test_a_socket_is_an_empty_file_and_what_else_is_no_file_is_not_read(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
    os.mkfifo(tmp_path / "p")
    (tmp_path / "d").mkdir()
    with Directory(tmp_path).open("s") as file:
        assert file.read() == b""
    for name in ("p", "d", "none"):
        with pytest.raises(OSError, match=r"no regular file|No such file"):
            Directory(tmp_path).open(name)


def test_a_tree_of_a_thousand_levels(tmp_path: Path) -> None:
    place = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1000):
        os.mkdir("d", dir_fd=place)
        below = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    os.close(place)
    try:
        assert len(listed(Directory(tmp_path))) == 1000
    finally:
        # pytest's own cleaning up recurses, and such a depth would end its run.
        subprocess.run(("rm", "-rf", tmp_path / "d"), check=True)


def test_files_of_other_content_have_another_time() -> None:
    first, second = (next(Files({"f": data}).walk(Selection())) for data in (b"a", b"b"))
    assert first.mod_time != second.mod_time
    assert (first.size, first.mode) == (1, 0o644)


def test_names_of_files_have_no_folders() -> None:
    with pytest.raises(ValueError, match="plain names"):
        Files({"../f": b""})


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param(["file"], ["file"], id="a file"),
        pytest.param(
            ["missing/x"], ["missing/x"], id="what is not there is asked for all the same"
        ),
        pytest.param(["link"], ["link", "real"], id="a link and its target"),
        pytest.param(["link/f"], ["link", "real/f"], id="a link in the middle"),
        pytest.param(["absolute"], ["absolute", "real"], id="an absolute link starts at the root"),
        pytest.param(["out"], ["etc", "out"], id="no link leads out"),
        pytest.param(["circle"], ["circle"], id="a link to itself"),
        pytest.param(["l*"], ["l*", "real"], id="links among what a wildcard matches"),
        pytest.param(["real/*"], ["real/*"], id="a wildcard that matches no link"),
        pytest.param(["real", "real/f"], ["real"], id="what lies below is there already"),
        pytest.param([".", "file"], [], id="the root is everything"),
    ],
)
def test_followed_paths(tmp_path: Path, asked: list[str], found: list[str]) -> None:
    tree = make(tmp_path, "file", "real/f")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "absolute").symlink_to("/real")
    (tmp_path / "out").symlink_to("../../etc")
    (tmp_path / "circle").symlink_to("circle")
    assert follow(tree, asked) == found
