from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from reimage.files import NotWritten, atomic_write, write_all


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(f"old {name}".encode())
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    """Every file with what it holds: a temporary file left behind shows up."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


OLD = {"a": b"old a", "b": b"old b", "c": b"old c"}


class Failing:
    """`os.replace` that fails at its n-th call."""

    def __init__(self, at: int, error: BaseException, after: bool = False) -> None:
        self.calls, self.at, self.error, self.after = 0, at, error, after
        self.real = os.replace

    def __call__(self, source: str, target: str) -> None:
        self.calls += 1
        if self.calls == self.at and not self.after:
            raise self.error
        self.real(source, target)
        if self.calls == self.at:
            raise self.error


def test_a_failed_replacement_leaves_the_file_and_nothing_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "replace", Failing(1, PermissionError(13, "no")))
    with pytest.raises(NotWritten, match=r"a is not written: .*permission denied"):
        atomic_write(folder / "a", b"new")
    assert contents(folder) == OLD


def test_an_interruption_leaves_the_file_and_nothing_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        atomic_write(folder / "a", b"new")
    assert contents(folder) == OLD


def test_a_full_disk_leaves_the_file_and_nothing_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotWritten, match="the disk is full"):
        write_all({folder / "a": b"new", folder / "b": b"new"})
    assert contents(folder) == OLD


def test_a_directory_without_permission_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(NotWritten) as caught:
        atomic_write(folder / "a", b"new")
    assert f"{folder} may not be accessed: permission denied" in str(caught.value)
    assert contents(folder) == OLD


def test_a_read_only_file_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(NotWritten, match="a is not written: it is read-only"):
        atomic_write(folder / "a", b"new")
    assert contents(folder) == OLD


def test_a_directory_or_a_pipe_is_never_replaced(folder: Path) -> None:
    (folder / "d").mkdir()
    os.mkfifo(folder / "pipe")
    for name in ("d", "pipe"):
        with pytest.raises(NotWritten, match=f"{name} is not written: .* not a file"):
            atomic_write(folder / name, b"new")
    assert (folder / "d").is_dir()


def test_a_missing_directory_is_an_error(folder: Path) -> None:
    with pytest.raises(NotWritten, match="nothing does not exist"):
        atomic_write(folder / "nothing" / "a", b"new")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), KeyboardInterrupt()])
def test_a_set_is_written_whole_or_not_at_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch, at: int, after: bool, error: BaseException
) -> None:
    monkeypatch.setattr(os, "replace", Failing(at, error, after))
    files = {folder / name: b"new" for name in ("a", "b", "fresh", "c")}
    with pytest.raises((NotWritten, KeyboardInterrupt)):
        write_all(files)
    assert contents(folder) == OLD


def test_a_set_with_one_hopeless_file_is_not_begun(folder: Path) -> None:
    with pytest.raises(NotWritten):
        write_all({folder / "a": b"new", folder / "nothing" / "b": b"new"})
    assert contents(folder) == OLD


def test_what_cannot_be_put_back_is_kept_and_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(2, OSError(5, "Input/output error"))

    def fail_ever_after(source: str, target: str) -> None:
        if failing.calls >= 2:
            raise OSError(5, "Input/output error")
        failing(source, target)

    failing.at = 99
    monkeypatch.setattr(os, "replace", lambda s, t: fail_ever_after(s, t))
    with pytest.raises(NotWritten, match=r"their content is in .*\.old") as caught:
        write_all({folder / "a": b"new", folder / "b": b"new", folder / "c": b"new"})
    kept = [path for path in folder.iterdir() if path.name.endswith(".old")]
    assert b"old a" in [path.read_bytes() for path in kept]
    assert all(str(path) in str(caught.value) for path in kept)


def test_one_file_by_two_names_is_refused_when_they_differ(folder: Path) -> None:
    (folder / "link").symlink_to("a")
    with pytest.raises(NotWritten, match="written twice"):
        write_all({folder / "a": b"1", folder / "link": b"2"})
    assert (folder / "a").read_bytes() == b"old a"


def test_without_hard_links_a_set_is_still_undone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(source: str, target: str) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    monkeypatch.setattr(os, "replace", Failing(2, OSError(5, "Input/output error")))
    with pytest.raises(NotWritten):
        write_all({folder / "a": b"new", folder / "b": b"new"})
    assert contents(folder) == OLD


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o4755])
def test_the_mode_is_kept(folder: Path, mode: int) -> None:
    (folder / "a").chmod(mode)
    atomic_write(folder / "a", b"new")
    assert (folder / "a").read_bytes() == b"new"
    assert stat.S_IMODE((folder / "a").stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_is_kept(folder: Path) -> None:
    os.chown(folder / "a", 12345, 23456)
    atomic_write(folder / "a", b"new")
    status = (folder / "a").stat()
    assert (status.st_uid, status.st_gid) == (12345, 23456)


def test_a_link_stays_and_its_target_is_written(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "link").symlink_to("../a")
    atomic_write(folder / "sub" / "link", b"new")
    assert os.readlink(folder / "sub" / "link") == "../a"
    assert (folder / "a").read_bytes() == b"new"
    assert os.listdir(folder / "sub") == ["link"]


def test_a_new_file_follows_the_umask(folder: Path) -> None:
    before = os.umask(0o027)
    try:
        atomic_write(folder / "fresh", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "fresh").stat().st_mode) == 0o640


def test_a_set_is_written_and_nothing_is_left_behind(folder: Path) -> None:
    write_all({folder / "a": b"1", folder / "fresh": b"2"})
    assert contents(folder) == {**OLD, "a": b"1", "fresh": b"2"}
