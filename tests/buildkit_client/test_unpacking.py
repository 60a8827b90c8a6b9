"""Results stay below the folder that they are written to."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from buildkit_client import ExportFailed, messages
from buildkit_client.session.modes import to_go
from buildkit_client.session.unpacking import Unpacking


def entry(path: str, kind: int = stat.S_IFREG, mode: int = 0o644, link: str = "") -> messages.Stat:
    return messages.Stat(
        path=path.encode(), mode=to_go(kind | mode), mod_time=10**18, linkname=link.encode()
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


@pytest.mark.parametrize(
    "path", ["../f", "/etc/f", "a/../../f", "", ".", "..", "a//b", "./f", "a/", "f\0g"]
)
def test_names_that_lead_out_are_refused(root: Path, path: str) -> None:
    unpacking = Unpacking(root)
    unpacking.add(entry("a", stat.S_IFDIR))
    with pytest.raises(ExportFailed, match="leads out"):
        unpacking.add(entry(path))
    assert os.listdir(root.parent) == ["root"]


def test_a_link_of_the_result_is_not_followed(root: Path, tmp_path: Path) -> None:
    unpacking = Unpacking(root)
    unpacking.add(entry("link", stat.S_IFLNK, link=str(tmp_path)))
    with pytest.raises(ExportFailed, match="without its directory"):
        unpacking.add(entry("link/f"))
    assert os.listdir(tmp_path) == ["root"]


def test_a_link_that_was_there_is_not_followed(root: Path, tmp_path: Path) -> None:
    root.mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "f").write_text("mine")
    (root / "d").symlink_to(tmp_path / "outside")
    (root / "f").symlink_to(tmp_path / "outside" / "f")
    unpacking = Unpacking(root)
    unpacking.add(entry("d", stat.S_IFDIR, 0o755))
    for name in ("d/f", "f"):
        unpacking.add(entry(name))
        with unpacking.write(entry(name)) as file:
            file.write(b"theirs")
    assert (tmp_path / "outside" / "f").read_text() == "mine"
    assert (root / "d" / "f").read_text() == "theirs"


def test_a_hard_link_to_what_is_not_in_the_result_is_refused(root: Path) -> None:
    root.mkdir()
    (root / "old").touch()
    with pytest.raises(ExportFailed, match="not in the result"):
        Unpacking(root).add(entry("new", link="old"))


def test_a_folder_that_is_in_the_way_is_not_removed(root: Path) -> None:
    (root / "d" / "precious").mkdir(parents=True)
    with pytest.raises(ExportFailed, match="is a directory here"):
        Unpacking(root).add(entry("d"))
    assert (root / "d" / "precious").is_dir()


def test_modes_and_times_of_folders_come_last(root: Path) -> None:
    unpacking = Unpacking(root)
    closed = entry("d", stat.S_IFDIR, 0o555)
    assert not unpacking.add(closed)
    assert unpacking.add(entry("d/f", mode=0o4711))
    unpacking.settle(entry("d/f", mode=0o4711))
    unpacking.finish()
    assert stat.S_IMODE((root / "d").stat().st_mode) == 0o555
    assert (root / "d").stat().st_mtime_ns == 10**18
    assert stat.S_IMODE((root / "d" / "f").stat().st_mode) == 0o4711


def test_a_pipe_is_made_and_a_file_replaced(root: Path) -> None:
    root.mkdir()
    (root / "f").write_text("a longer content")
    unpacking = Unpacking(root)
    assert not unpacking.add(entry("p", stat.S_IFIFO))
    assert unpacking.add(entry("f"))
    assert (root / "f").read_bytes() == b""
    assert stat.S_ISFIFO((root / "p").stat().st_mode)
