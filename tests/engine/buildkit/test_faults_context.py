"""Files of a context that change while they are sent."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest

from buildkit_client import BadRequest, Builder, BuildFailed, BuildRequest, LocalDirectory
from buildkit_client.session.trees import Directory

if TYPE_CHECKING:
    from tests.engine.buildkit.conftest import EndsIn, MakeContext

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_stays")]

LISTED = b"x" * 1000
Change = Callable[[Path], object]


@pytest.fixture
def when_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Change]]:
    """What happens to a file between its place on the list and the sending of its content."""
    changes: dict[str, Change] = {}
    usual = Directory.open

    def changed(self: Directory, path: str) -> BinaryIO:
        if change := changes.pop(path, None):
            change(Path(self._root, path))
        return usual(self, path)

    monkeypatch.setattr(Directory, "open", changed)
    yield changes
    assert not changes


def built(builder: Builder, context: Path, out: Path) -> Path:
    request = BuildRequest(
        context=context,
        dockerfile=b"FROM scratch\nCOPY f* /\n",
        outputs=(LocalDirectory(out),),
    )
    builder.build(request)
    return out


def test_a_context_that_is_a_file(
    builder: Builder, make_context: MakeContext, ends_in: EndsIn
) -> None:
    file = make_context(f=b"") / "f"
    with ends_in(BadRequest, "is not a directory"):
        builder.build(BuildRequest(context=file, dockerfile=b"FROM scratch\n"))


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        pytest.param(lambda path: path.write_bytes(b"x"), b"x", id="shrinks"),
        pytest.param(lambda path: path.write_bytes(LISTED * 2), LISTED, id="grows"),
    ],
)
def test_a_file_of_another_size(
    builder: Builder,
    make_context: MakeContext,
    tmp_path: Path,
    when_it_is_opened: dict[str, Change],
    change: Change,
    kept: bytes,
) -> None:
    """As much is sent as was listed, if there is so much: or a log that grows would have no end."""
    when_it_is_opened["f"] = change
    out = built(builder, make_context(f=LISTED, f2=b"2"), tmp_path / "out")
    assert ((out / "f").read_bytes(), (out / "f2").read_bytes()) == (kept, b"2")
    # The next build sees that it is another file now.
    assert (built(builder, tmp_path / "context", tmp_path / "again") / "f").read_bytes() == (
        tmp_path / "context" / "f"
    ).read_bytes()


def test_a_file_that_grows_and_grows(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    context = make_context(f=b"x" * (8 << 20))
    ended = threading.Event()

    def grow() -> None:
        with (context / "f").open("ab") as file:
            while not ended.is_set():
                file.write(b"y" * (1 << 20))
                file.flush()
                time.sleep(0.001)

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        built(builder, context, tmp_path / "out")
    finally:
        ended.set()
        thread.join()
    assert (tmp_path / "out" / "f").stat().st_size >= 8 << 20


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


def _unreadable(path: Path) -> None:
    raise PermissionError(13, "Permission denied", str(path))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(Path.unlink, id="vanishes"),
        pytest.param(_fifo, id="is a pipe"),
        pytest.param(_folder, id="is a folder"),
        pytest.param(_link, id="is a link"),
        pytest.param(_unreadable, id="is not readable"),
    ],
)
def test_a_file_that_cannot_be_read_any_more(
    builder: Builder,
    make_context: MakeContext,
    tmp_path: Path,
    when_it_is_opened: dict[str, Change],
    ends_in: EndsIn,
    change: Change,
) -> None:
    """It is not built without its content, which nobody would notice."""
    context = make_context(f=LISTED, f2=b"2")
    when_it_is_opened["f"] = change
    with ends_in(BuildFailed, "file f of the context"):
        built(builder, context, tmp_path / "out")
    for path in (context / "f", tmp_path / "out" / "f"):
        if path.exists() and stat.S_ISREG(path.lstat().st_mode):
            assert path.read_bytes() == LISTED


def test_a_folder_that_vanishes(
    builder: Builder, make_context: MakeContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is gone when its turn on the list comes is not listed."""
    context = make_context(f=b"1")
    (context / "f_folder").mkdir()
    usual = Directory._sorted

    def without(self: Directory, folder: str) -> list[os.DirEntry[str]]:
        found = usual(self, folder)
        if not folder and (context / "f_folder").exists():
            (context / "f_folder").rmdir()
        return found

    monkeypatch.setattr(Directory, "_sorted", without)
    out = built(builder, context, tmp_path / "out")
    assert sorted(os.listdir(out)) == ["f"]
