"""A session: services of ours, offered to the builder through one call to it."""

from __future__ import annotations

import secrets
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import grpc

from buildkit_client import messages
from buildkit_client.channel import CONTROL, OPTIONS, Answers, Metadata, exchange
from buildkit_client.session.services import Handlers, Router, merge, unary

_CHUNK = 256 * 1024
# More than there can be long streams at once: a health check that waits for a worker ends the
# session after two times 30 seconds.
_WORKERS = 48


def _health(_request: object, _context: grpc.ServicerContext) -> _Serving:
    return _Serving()


class _Serving:
    """grpc.health.v1.HealthCheckResponse(status=SERVING)."""

    def SerializeToString(self) -> bytes:  # noqa: N802
        return b"\x08\x01"


HEALTH: Handlers = {"/grpc.health.v1.Health/Check": unary(messages.Empty, _health)}


class Session:
    """Lives from `with` to its end. Never use one for two builds: the builder reads local files
    once in a session, so a second build would get those of the first."""

    def __init__(
        self, channel: grpc.Channel, services: Iterable[Handlers], *, shared_key: str, name: str
    ) -> None:
        self.id = secrets.token_hex(12)
        self._channel = channel
        self._handlers = merge([HEALTH, *services])
        self._metadata: Metadata = (
            ("x-docker-expose-session-uuid", self.id),
            ("x-docker-expose-session-name", _ascii(name)),
            ("x-docker-expose-session-sharedkey", _ascii(shared_key)),
            *(("x-docker-expose-session-grpc-method", path) for path in self._handlers),
        )
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="buildkit-session")
        self._folder = ""
        self._server: grpc.Server | None = None
        self._socket: socket.socket | None = None
        self._call: Answers[messages.Bytes] | None = None
        self._reader: threading.Thread | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _start(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="buildkit-session-")
        path = str(Path(self._folder) / "s")
        self._server = grpc.server(self._pool, [Router(self._handlers)], options=OPTIONS)
        self._server.add_insecure_port(f"unix:{path}")
        self._server.start()
        near = self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        near.connect(path)
        self._call = exchange(
            self._channel,
            CONTROL + "Session",
            _outgoing(near),
            messages.Bytes,
            metadata=self._metadata,
        )
        self._reader = threading.Thread(
            target=_incoming, args=(self._call, near), daemon=True, name="buildkit-session"
        )
        self._reader.start()

    def close(self) -> None:
        """End the tunnel and the services. What still runs on the builder goes on without them."""
        if self._socket:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        if self._call:
            self._call.cancel()
        if self._reader:
            self._reader.join(2)
        if self._server:
            self._server.stop(0).wait(2)
        if self._socket:
            self._socket.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


def _outgoing(near: socket.socket) -> Iterator[messages.Bytes]:
    with suppress(OSError):
        while data := near.recv(_CHUNK):
            yield messages.Bytes(data=data)


def _incoming(call: Answers[messages.Bytes], near: socket.socket) -> None:
    with suppress(OSError, grpc.RpcError):
        for message in call:
            near.sendall(message.data)
    with suppress(OSError):
        near.shutdown(socket.SHUT_RDWR)


def _ascii(text: str) -> str:
    """Headers are printable ASCII."""
    return "".join(character if " " <= character <= "~" else "_" for character in text)
