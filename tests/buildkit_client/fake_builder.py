"""A builder without BuildKit: it takes sessions, and calls what they offer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import grpc

from buildkit_client import messages
from buildkit_client.channel import OPTIONS
from buildkit_client.transport.proxy import Proxy

_CONTROL = "moby.buildkit.v1.Control"


class Refusal(Exception):
    """What a Solve ends in."""


class FakeBuilder:
    """Serves Control.Session at a socket in `folder`, and Solve if it is told what that does."""

    def __init__(self, folder: Path, *, solve: Callable[[grpc.Channel], object] = id) -> None:
        self._path = folder / "fake.sock"
        self._server = grpc.server(ThreadPoolExecutor(16), options=OPTIONS)
        self._do = solve
        session: grpc.RpcMethodHandler[bytes, bytes]
        session = grpc.stream_stream_rpc_method_handler(self._session)
        solves: grpc.RpcMethodHandler[bytes, bytes]
        solves = grpc.unary_unary_rpc_method_handler(self._solve)
        methods = {"Session": session, "Solve": solves}
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(_CONTROL, methods),)
        )
        self._server.add_insecure_port(f"unix:{self._path}")
        self._opened = threading.Event()
        self._proxy: Proxy | None = None
        self.headers: list[tuple[str, str | bytes]] = []

    def __enter__(self) -> Self:
        self._server.start()
        self.channel = grpc.insecure_channel(f"unix:{self._path}", options=OPTIONS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._proxy:
            self.client.close()
            self._proxy.close()
            self._far.close()  # which nobody may have dialled
        self.channel.close()
        self._server.stop(0).wait()

    def wait_for_session(self) -> grpc.Channel:
        """The channel on which the builder calls the client."""
        assert self._opened.wait(10)
        return self.client

    def _solve(self, _request: bytes, context: grpc.ServicerContext) -> bytes:
        try:
            self._do(self.wait_for_session())
        except (Refusal, grpc.RpcError) as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error)[:1000])
        return b""

    def _session(self, incoming: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        self.headers = [(key, value) for key, value in context.invocation_metadata() or ()]
        near, far = socket.socketpair()
        self._far = far
        self._proxy = Proxy(lambda: far)
        self.client = grpc.insecure_channel(self._proxy.target, options=OPTIONS)
        threading.Thread(target=_into, args=(incoming, near), daemon=True).start()
        self._opened.set()
        with near:
            while data := near.recv(1 << 16):
                yield messages.Bytes(data=data).SerializeToString()


def _into(incoming: Iterator[bytes], near: socket.socket) -> None:
    with suppress(grpc.RpcError, OSError):
        for message in incoming:
            near.sendall(messages.Bytes.FromString(message).data)
    with suppress(OSError):
        near.shutdown(socket.SHUT_RDWR)  # wakes whoever reads of it


def ask(channel: grpc.Channel, path: str, data: bytes, *headers: tuple[str, str]) -> bytes:
    """A call with one answer, in bytes."""
    method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(path)
    return method(data, metadata=headers)


def fetch(
    channel: grpc.Channel, path: str, data: bytes, *headers: tuple[str, str]
) -> Iterator[bytes]:
    """A call with many answers, in bytes."""
    method: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(path)
    return iter(method(data, metadata=headers))


def converse(
    channel: grpc.Channel,
    path: str,
    sent: Iterator[bytes],
    *headers: tuple[str, str],
    timeout: float | None = None,
) -> Iterator[bytes]:
    """A call in which both sides send much, in bytes."""
    method: grpc.StreamStreamMultiCallable[bytes, bytes] = channel.stream_stream(path)
    return iter(method(sent, metadata=headers, timeout=timeout))


def receive(channel: grpc.Channel, *headers: tuple[str, str]) -> dict[str, bytes | None]:
    """Fetch a whole tree as BuildKit does: names, and the content of regular files."""
    from queue import SimpleQueue

    from buildkit_client.session import packets

    wanted: SimpleQueue[bytes | None] = SimpleQueue()
    asking: Callable[[], bytes | None] = wanted.get
    call = converse(channel, "/moby.filesync.v1.FileSync/DiffCopy", iter(asking, None), *headers)
    found: dict[str, bytes | None] = {}
    names: list[str] = []
    open_files = 0
    listed = False
    for data in call:
        packet = packets.read(data)
        if packet.type == packets.STAT and packet.HasField("stat"):
            name = packet.stat.path.decode()
            regular = packet.stat.mode < 1 << 20 and not packet.stat.linkname
            found[name] = b"" if regular else None
            if regular:
                wanted.put(packets.request_packet(len(names)))
                open_files += 1
            names.append(name)
        elif packet.type == packets.STAT:
            listed = True
        elif packet.type == packets.DATA:
            before = found[names[packet.id]]
            assert before is not None
            found[names[packet.id]] = before + packet.data
            open_files -= not packet.data
        elif packet.type == packets.FIN:
            wanted.put(None)
        if listed and not open_files and packet.type != packets.FIN:
            listed = False
            wanted.put(packets.FINISH)
    return found
