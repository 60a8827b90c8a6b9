"""A builder that sends what none should: nothing of it gets out of the folder, and all is told."""

from __future__ import annotations

import os
import socket
import stat
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import SimpleQueue

import grpc
import hpack
import pytest
from tests.buildkit_client.fake_builder import FakeBuilder, Refusal, converse, receive

from buildkit_client import (
    BuildFailed,
    BuildRequest,
    Credentials,
    ExportFailed,
    LocalDirectory,
    OciArchive,
    Output,
    messages,
)
from buildkit_client.session import filesend, filesync, packets
from buildkit_client.session.http2 import Connection
from buildkit_client.session.modes import to_go
from buildkit_client.session.services import Failures, serve
from buildkit_client.session.streams import CallEnded, Stream
from buildkit_client.session.trees import Directory
from buildkit_client.session.tunnel import Session
from buildkit_client.solve import Build

OURS = ("buildkit-session", "buildkit-status")
_SEND = "/moby.filesync.v1.FileSend/DiffCopy"


def entry(path: str, kind: int = stat.S_IFREG, mode: int = 0o777, **fields: object) -> bytes:
    found = messages.Stat(path=path.encode(), mode=to_go(kind | mode), **fields)  # type: ignore[arg-type]
    return packets.stat_packet(found)


def link(path: str, target: str) -> bytes:
    return entry(path, stat.S_IFLNK, linkname=target.encode())


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    """Of the client; the fake builder has some in the same process."""
    yield
    until = time.monotonic() + 5
    while left := [name for thread in threading.enumerate() if (name := thread.name) in OURS]:
        assert time.monotonic() < until, left
        time.sleep(0.02)


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A folder with a file in it, which stays as it is."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "f").write_text("mine")
    (folder / "f").chmod(0o600)
    before = (folder / "f").stat()
    yield folder
    assert os.listdir(folder) == ["f"]
    assert (folder / "f").read_text() == "mine"
    after = (folder / "f").stat()
    assert (after.st_mode, after.st_nlink, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_mode,
        before.st_nlink,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )


def build(folder: Path, solve: Callable[[grpc.Channel], object], output: Output) -> None:
    """A build by a builder that does `solve`, of which nothing is left in this process."""
    folder.mkdir(exist_ok=True)
    request = BuildRequest(dockerfile=b"FROM scratch\n", outputs=(output,))
    with FakeBuilder(folder, solve=solve) as builder:
        running = Build(builder.channel, request, credentials=lambda _host: Credentials("", ""))
        with running:
            running.result()


def tree_of(*sent: bytes) -> Callable[[grpc.Channel], None]:
    """Sends packets, and for each file that is asked for some content and a mode."""

    def solve(channel: grpc.Channel) -> None:
        waiting: SimpleQueue[bytes | None] = SimpleQueue()
        for packet in sent:
            waiting.put(packet)
        try:
            for data in converse(channel, _SEND, iter(waiting.get, None), timeout=10):
                answer = packets.read(data)
                if answer.type == packets.REQUEST:
                    waiting.put(packets.data_packet(answer.id, b"theirs"))
                    waiting.put(packets.data_packet(answer.id, b""))
                elif answer.type == packets.FIN:
                    waiting.put(packets.FINISH)
                    waiting.put(None)
        finally:
            waiting.put(None)

    return solve


HUGE = (1 << 63) - 1
HOSTILE = {
    "a name that climbs": [entry("../outside/f")],
    "a name that is absolute": [entry("/outside/f")],
    "through a link": [link("d", "../outside"), entry("d/f")],
    "a link to a link": [link("a", ".."), link("b", "a/outside"), entry("b/f")],
    "a folder that turns into a link": [entry("d", stat.S_IFDIR), link("d", "../outside")],
    "a file that turns into a link": [entry("f"), link("f", "../outside/f"), packets.END_OF_LIST],
    "a link that turns into a file": [link("f", "../outside/f"), entry("f"), packets.END_OF_LIST],
    "a hard link out": [entry("f", linkname=b"../outside/f")],
    "a hard link through a link": [link("d", "../outside"), entry("f", linkname=b"d/f")],
    "a link with NUL": [link("l", "a\0b")],
    "an empty link": [link("l", "")],
    "a name that is too long": [entry("x" * 300)],
    "a device that is none": [entry("f", stat.S_IFCHR, devmajor=HUGE, devminor=HUGE)],
    "content that nobody asked for": [packets.data_packet(7, b"x")],
    "no message": [b"\xff\xff\xff"],
    "an error": [packets.error_packet("of the builder")],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_tree(tmp_path: Path, outside: Path, name: str) -> None:
    began = time.monotonic()
    solve = tree_of(*HOSTILE[name])
    with pytest.raises((ExportFailed, BuildFailed)) as caught:
        build(tmp_path / "fake", solve, LocalDirectory(tmp_path / "out"))
    assert str(caught.value)
    assert time.monotonic() - began < 5


def test_an_exporter_that_was_not_asked_for(tmp_path: Path) -> None:
    def solve(channel: grpc.Channel) -> None:
        for number in ("7", "-1", "x", "1e9"):
            header = ("buildkit-attachable-exporter-id", number)
            with pytest.raises(grpc.RpcError, match="NOT_FOUND"):
                list(converse(channel, _SEND, iter([b""]), header))

    build(tmp_path / "fake", solve, LocalDirectory(tmp_path / "out"))


def test_a_stream_that_ends_well_in_a_build_that_does_not(tmp_path: Path) -> None:
    """What came is half of it: it is not put where the result was to be."""
    results = tmp_path / "results"
    results.mkdir()

    def solve(channel: grpc.Channel) -> None:
        half = messages.Bytes(data=b"half").SerializeToString()
        list(converse(channel, _SEND, iter([half]), timeout=10))
        raise Refusal("blob not found")

    with pytest.raises(BuildFailed, match="blob not found"):
        build(tmp_path / "fake", solve, OciArchive(target=results / "r.tar"))
    assert not os.listdir(results)


@pytest.mark.parametrize(
    "asked",
    [
        [("followpaths", "out/f")],
        [("followpaths", "../outside/f")],
        [("include-patterns", "out/*"), ("include-patterns", "../outside/*")],
        [],
    ],
)
def test_a_context_is_not_left(tmp_path: Path, outside: Path, asked: list[tuple[str, str]]) -> None:
    """Whatever is asked for, a link of the context is a link."""
    (tmp_path / "fake").mkdir()
    root = tmp_path / "context"
    root.mkdir()
    (root / "out").symlink_to(outside)
    (root / "f").write_text("context")
    offered = [filesync.serve({"context": Directory(root)}, Failures())]
    with (
        FakeBuilder(tmp_path / "fake") as builder,
        Session(builder.channel, offered, shared_key="k", name="n"),
    ):
        found = receive(builder.wait_for_session(), ("dir-name", "context"), *asked)
    assert found.items() <= {"f": b"context", "out": None}.items()


def frame(
    kind: int, flags: int, number: int, body: bytes = b"", length: int | None = None
) -> bytes:
    size = len(body) if length is None else length
    return size.to_bytes(3) + bytes((kind, flags)) + number.to_bytes(4) + body


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# No name and no value, literally, and that without end.
MANY = b"\0\0\0" * 5000
BROKEN = {
    "no preface": b"GET / HTTP/1.1\r\n\r\n" * 10,
    "half a frame": PREFACE + frame(0, 0, 1, b"x", length=1 << 20),
    "padding that is longer than the frame": PREFACE + frame(0, 8, 1, b"\xff"),
    "padding of nothing": PREFACE + frame(1, 8 | 4, 1),
    "headers that cannot be read": PREFACE + frame(1, 4, 1, b"\xff\xff\xff\xff\xff\xff\xff"),
    "headers that go on and on": PREFACE + frame(1, 0, 1) + frame(9, 0, 1, MANY) * 1200,
    "settings of half a pair": PREFACE + frame(4, 0, 0, b"\0\4\0"),
    "a window that overflows": PREFACE + frame(8, 0, 0, b"\xff\xff\xff\xff") * 10,
    "a window of no size": PREFACE + frame(8, 0, 0),
    "frames of no kind": PREFACE + frame(200, 255, 9, b"x" * 100) * 10,
    "data of no stream": PREFACE + frame(0, 1, 99, b"x" * 1000) * 10,
    "an end of no stream": PREFACE + frame(3, 0, 99, b"\0\0\0\0"),
    "goodbye": PREFACE + frame(7, 0, 0, b"\0" * 8),
    "a message of four gigabytes": PREFACE
    + frame(1, 4, 1, b"\x82")
    + frame(0, 0, 1, b"\0" + struct.pack(">I", 0xFFFFFFFF)),
    "streams without end": PREFACE
    + b"".join(frame(1, 4, number, b"\x82") for number in range(1, 2400, 2)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_http_2_ends_the_connection_and_nothing_else(name: str) -> None:
    opened: list[Stream] = []
    with ExitStack() as stack:
        near, far = (stack.enter_context(end) for end in socket.socketpair())
        connection = Connection(far, opened.append)
        thread = threading.Thread(target=connection.run)
        thread.start()
        drain = threading.Thread(target=lambda: b"".join(iter(lambda: near.recv(1 << 20), b"")))
        drain.start()
        with suppress(OSError):  # it has ended already
            near.sendall(BROKEN[name])
        if name == "a message of four gigabytes":
            while not opened:
                time.sleep(0.01)
            with pytest.raises(CallEnded):
                opened[0].receive()
        with suppress(OSError):
            near.shutdown(socket.SHUT_WR)
        thread.join(5)
        drain.join(5)
        assert not thread.is_alive()
        assert connection.closed
        assert len(opened) <= 1000


def test_a_builder_that_does_not_take_what_is_asked_of_it(tmp_path: Path) -> None:
    """What is asked fills the window of the call; its end does not wait for room behind it."""
    failures = Failures()
    handlers = filesend.serve({0: filesend.ToDirectory(tmp_path / "out")}, failures)
    packed = [entry(f"f{number}") for number in range(300)] + [entry("../f")]
    sent = b"".join(b"\0" + len(data).to_bytes(4) + data for data in packed)
    head = hpack.Encoder().encode([(":path", _SEND)])
    near, far = socket.socketpair()
    with near, far:
        started: SimpleQueue[threading.Thread] = SimpleQueue()

        def opened(stream: Stream) -> None:
            answering = threading.Thread(target=serve, args=(stream, handlers))
            answering.start()
            started.put(answering)

        connection = Connection(far, opened)
        thread = threading.Thread(target=connection.run)
        thread.start()
        narrow = frame(4, 0, 0, struct.pack(">HI", 4, 100))
        near.sendall(PREFACE + narrow + frame(1, 4, 1, head))
        near.settimeout(5)
        drain = threading.Thread(target=_read_to_the_end, args=(near,))
        drain.start()
        for place in range(0, len(sent), 16_384):
            near.sendall(frame(0, 0, 1, sent[place : place + 16_384]))
        serving = started.get(timeout=30)
        serving.join(5)
        is_over = not serving.is_alive()
        connection.close()
        for each in (thread, drain, serving):
            each.join(5)
    assert is_over
    assert isinstance(failures.first, ExportFailed)


def _read_to_the_end(end: socket.socket) -> None:
    """Never grants more of a window than there is at first."""
    with suppress(OSError):
        while end.recv(1 << 20):
            pass
