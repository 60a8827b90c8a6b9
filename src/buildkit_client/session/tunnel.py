"""A session: services of ours, offered to the builder through one call to it."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

import grpc

from buildkit_client import messages
from buildkit_client.calls import Calls
from buildkit_client.channel import CONTROL, Answers, Metadata, exchange
from buildkit_client.errors import BadRequest
from buildkit_client.session.http2 import Connection
from buildkit_client.session.pulse import Pulse
from buildkit_client.session.services import Handlers, merge, serve, unary
from buildkit_client.session.streams import Stream

_CHUNK = 256 * 1024
# In all, for threads that may be in a function of the caller's.
_CLOSE_SECONDS = 2.0


class _Serving:
    """grpc.health.v1.HealthCheckResponse(status=SERVING)."""

    def SerializeToString(self) -> bytes:  # noqa: N802
        return b"\x08\x01"


# Without it the builder ends the session after some seconds.
HEALTH: Handlers = {
    "/grpc.health.v1.Health/Check": unary(messages.Empty, lambda request, stream: _Serving())
}


class Session:
    """Lives from `with` to its end. Never use one for two builds: the builder reads local files
    once in a session, so a second build would get those of the first."""

    def __init__(
        self,
        channel: grpc.Channel,
        services: Iterable[Handlers],
        *,
        shared_key: str,
        name: str,
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
        self._connection: Connection | None = None
        self._ends: tuple[socket.socket, ...] = ()
        self._call: Answers[messages.Bytes] | None = None
        self._threads: list[threading.Thread] = []
        #: Of the build: when the builder is silent, they are given up.
        self.calls = Calls()
        self._pulse = Pulse(channel, self.calls.give_up)

    def __enter__(self) -> Self:
        if self._ends:
            raise BadRequest("a build runs once: make another one for the next")
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def _open(self) -> None:
        near, far = self._ends = socket.socketpair()
        self._connection = Connection(far, self._opened)
        self._call = exchange(
            self._channel,
            CONTROL + "Session",
            _outgoing(near),
            messages.Bytes,
            metadata=self._metadata,
        )
        self._start(self._connection.run)
        self._start(_incoming, self._call, near, self._pulse.heard)
        self._pulse.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True, name="buildkit-session")
        self._threads.append(thread)
        thread.start()

    def _opened(self, stream: Stream) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._start(serve, stream, self._handlers)

    def close(self) -> None:
        """End the tunnel and the services. What still runs on the builder goes on without them."""
        self._pulse.close()
        if self._connection:
            self._connection.close()
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        if self._call:
            self._call.cancel()
        until = time.monotonic() + _CLOSE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        for end in self._ends:
            end.close()


def _outgoing(near: socket.socket) -> Iterator[messages.Bytes]:
    with suppress(OSError):
        while data := near.recv(_CHUNK):
            yield messages.Bytes(data=data)


def _incoming(
    call: Answers[messages.Bytes], near: socket.socket, heard: Callable[[], None]
) -> None:
    with suppress(OSError, grpc.RpcError):
        for message in call:
            heard()
            near.sendall(message.data)
    with suppress(OSError):
        near.shutdown(socket.SHUT_RDWR)


def _ascii(text: str) -> str:
    """Headers are printable ASCII."""
    return "".join(character if " " <= character <= "~" else "_" for character in text)
