from __future__ import annotations

import os
from pathlib import Path

import pytest

from reimage.files import FilesError, read


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(FilesError, match="nothing does not exist"):
        read(tmp_path / "nothing")


def test_a_file_in_place_of_a_directory_is_said_to_be_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(FilesError, match="on the way is a file"):
        read(tmp_path / "a" / "b")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FilesError, match="is a directory, not a file"):
        read(tmp_path)


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FilesError, match="is a named pipe, not a file"):
        read(tmp_path / "pipe")


def test_a_device_is_refused() -> None:
    with pytest.raises(FilesError, match="is a device, not a file"):
        read("/dev/null")


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(FilesError, match="leads back to itself"):
        read(tmp_path / "loop")


def test_a_name_with_nul_is_refused() -> None:
    with pytest.raises(FilesError, match="cannot be the name"):
        read("a\0b")


def test_a_file_that_may_not_be_read_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"x")

    def refuse(*arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(FilesError, match="permission denied") as caught:
        read(path)
    assert caught.value.path == str(path)


def test_one_byte_over_the_limit_is_too_much(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"x" * 2049)
    with pytest.raises(FilesError, match="larger than 2 KiB"):
        read(path, limit=2048)


def test_a_file_is_read_through_a_link_and_up_to_the_limit(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xff\r\n\0")
    (tmp_path / "link").symlink_to("file")
    assert read(tmp_path / "link", limit=4) == b"\xff\r\n\0"
