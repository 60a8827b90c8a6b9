"""What of a context arrives, and when it is sent again."""

from __future__ import annotations

import io
import os
import socket
import stat
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildkit_client import BadRequest, Builder, BuildRequest, Tar, Transfer

if TYPE_CHECKING:
    from tests.engine.buildkit.conftest import MakeContext

pytestmark = pytest.mark.engine

COPY_ALL = b"FROM scratch\nCOPY . /\n"


def members(builder: Builder, context: Path) -> dict[str, tarfile.TarInfo]:
    """What an image of all of the context holds."""
    pieces: list[bytes] = []
    builder.build(BuildRequest(context=context, dockerfile=COPY_ALL, outputs=(Tar(pieces.append),)))
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
        return {member.name.rstrip("/"): member for member in archive}


def content(builder: Builder, context: Path, name: str) -> bytes:
    with builder.look(BuildRequest(context=context, dockerfile=COPY_ALL)) as gateway:
        return gateway.solve().read(f"/{name}")


def test_odd_files_arrive_as_they_are(builder: Builder, tmp_path: Path) -> None:
    root = tmp_path / "odd"
    (root / "d" / "deep" / "er").mkdir(parents=True)
    (root / "d-e").write_bytes(b"after the folder, though '-' sorts before '/'")
    (root / "empty").touch()
    (root / "ünïcode").write_bytes(b"u")
    (root / ("n" * 255)).write_bytes(b"long")
    (root / "d" / "file").write_bytes(b"x" * 3_000_000)
    os.link(root / "d" / "file", root / "hard")
    os.symlink("nowhere", root / "dangling")
    os.symlink("d", root / "link")
    os.mkfifo(root / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(root / "socket"))
    for name, mode in (("setuid", 0o4755), ("setgid", 0o2755), ("no-bits", 0o000)):
        (root / name).touch()
        (root / name).chmod(mode)
    (root / "sticky").mkdir()
    (root / "sticky").chmod(0o1777)
    with (root / "sparse").open("wb") as sparse:
        sparse.truncate(50_000_000)
    if os.geteuid() == 0:
        os.mknod(root / "device", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    os.utime(root / "d" / "file", ns=(0, 1_234_567_890_123_456_789))

    found = members(builder, root)

    expected = {str(path.relative_to(root)) for path in root.rglob("*")}
    assert set(found) == expected
    for name in expected:
        status = (root / name).lstat()
        if not stat.S_ISLNK(status.st_mode):
            assert (name, oct(found[name].mode)) == (name, oct(stat.S_IMODE(status.st_mode)))
        assert (found[name].uid, found[name].gid) == (0, 0)
    assert (found["hard"].islnk(), found["hard"].linkname) == (True, "d/file")
    assert found["d/file"].size == 3_000_000
    assert int(found["d/file"].mtime) == 1_234_567_890
    assert (found["dangling"].issym(), found["dangling"].linkname) == (True, "nowhere")
    assert found["fifo"].isfifo()
    assert (found["socket"].isreg(), found["socket"].size) == (True, 0)
    assert found["sparse"].size == 50_000_000
    if os.geteuid() == 0:
        assert (found["device"].ischr(), found["device"].devminor) == (True, 3)


def test_extended_attributes_arrive(builder: Builder, tmp_path: Path) -> None:
    root = tmp_path / "context"
    root.mkdir()
    (root / "f").touch()
    os.setxattr(root / "f", "user.colour", b"blue\0")
    assert members(builder, root)["f"].pax_headers["SCHILY.xattr.user.colour"].startswith("blue")


def test_the_ignore_file_holds_back(builder: Builder, tmp_path: Path) -> None:
    root = tmp_path / "context"
    for name in ("keep", "node_modules/a", "node_modules/deep/keep.md", "docs/x.txt", "docs/x.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    (root / ".dockerignore").write_text("node_modules\n!**/keep.md\n**/*.txt\n.dockerignore\n")
    found = set(members(builder, root))
    assert found == {
        "keep",
        "docs",
        "docs/x.md",
        "node_modules",
        "node_modules/deep",
        "node_modules/deep/keep.md",
    }


def test_a_copied_link_brings_its_target(builder: Builder, tmp_path: Path) -> None:
    root = tmp_path / "context"
    (root / "real").mkdir(parents=True)
    (root / "real" / "f").write_bytes(b"1")
    (root / "app").symlink_to("real")
    (root / "other").touch()
    pieces: list[bytes] = []
    builder.build(
        BuildRequest(
            context=root, dockerfile=b"FROM scratch\nCOPY app/f /\n", outputs=(Tar(pieces.append),)
        )
    )
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
        assert archive.getnames() == ["f"]


def test_a_file_changed_within_its_size_and_time_is_built_anew(
    builder: Builder, tmp_path: Path
) -> None:
    root = tmp_path / "context"
    root.mkdir()
    for text in (b"aaa", b"bbb", b"ccc"):
        (root / "f").write_bytes(text)
        os.utime(root / "f", ns=(0, 10**18))
        assert content(builder, root, "f") == text


def test_an_unchanged_file_is_not_sent_again(builder: Builder, make_context: MakeContext) -> None:
    request = BuildRequest(context=make_context(big=b"x" * 5_000_000), dockerfile=COPY_ALL)
    sent = []
    for _ in range(2):
        with builder.start(request) as build:
            transfers = [event for event in build.events() if isinstance(event, Transfer)]
        sent.append(max(transfer.current for transfer in transfers))
    assert sent[0] > 5_000_000
    assert sent[1] < 100_000


def test_a_name_that_is_not_utf_8_is_refused_with_a_sentence(
    builder: Builder, tmp_path: Path
) -> None:
    root = tmp_path / "context"
    root.mkdir()
    Path(os.fsdecode(os.fsencode(root) + b"/n\xff")).write_bytes(b"1")
    with pytest.raises(BadRequest, match="is not UTF-8"):
        members(builder, root)
    (root / ".dockerignore").write_text("n*\n")
    assert set(members(builder, root)) == {".dockerignore"}
