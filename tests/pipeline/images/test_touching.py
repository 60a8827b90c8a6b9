"""An edit is made in a copy, and only in a copy."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

import pytest

from reimage.pipeline.errors import UsageError
from reimage.pipeline.images.touching import touched_copy


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "app.py").write_bytes(b"a = 1\n")
    (folder / "other").write_bytes(b"o")
    (folder / "link").symlink_to("src/app.py")
    (folder / "folder").symlink_to(folder / "src")
    os.mkfifo(folder / "pipe")
    (tmp_path / "outside").write_bytes(b"")
    return folder


@pytest.mark.parametrize(
    "name",
    ["none", "src", "link", "folder/app.py", "pipe", "src/../other", "../outside", "/etc/passwd"],
)
def test_what_is_no_file_of_the_context_is_refused(context: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no such file in the build context"):
        touched_copy(context, name).__enter__()


def test_the_copy_differs_in_one_file_and_goes_away(context: Path) -> None:
    with touched_copy(context, "src/app.py") as copy:
        assert (copy / "src" / "app.py").read_bytes() == b"a = 1\n\n"
        assert (copy / "other").read_bytes() == b"o"
        assert os.readlink(copy / "link") == "src/app.py"
    assert not copy.exists()
    assert (context / "src" / "app.py").read_bytes() == b"a = 1\n"


def test_it_goes_away_when_the_build_fails(context: Path) -> None:
    with pytest.raises(KeyboardInterrupt), touched_copy(context, "other") as copy:
        raise KeyboardInterrupt
    assert not copy.exists()


def test_a_full_disk_is_one_sentence(context: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: str, target: str, **_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), target)

    monkeypatch.setattr("reimage.pipeline.images.touching.shutil.copy2", full)
    folders = set(Path(tempfile.gettempdir()).glob("reimage-*"))
    with pytest.raises(UsageError) as failure:
        touched_copy(context, "other").__enter__()
    told = str(failure.value)
    assert "can't be copied to" in told and "No space left on device" in told
    assert "Traceback" not in told and told.count("other") <= 1
    assert set(Path(tempfile.gettempdir()).glob("reimage-*")) == folders
