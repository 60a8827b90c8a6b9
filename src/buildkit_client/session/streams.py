"""One call of the builder: its headers, its messages and ours."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote

import grpc

if TYPE_CHECKING:
    from buildkit_client.session.http2 import Connection

Headers = list[tuple[bytes, bytes]]
# Half of a stream's window: granted again once that much was read.
_GRANT = 4 << 20
_BATCH = 64 * 1024
# BuildKit's own is 16 MiB.
_MESSAGE_LIMIT = 64 << 20


class CallEnded(Exception):
    """The builder broke off the call."""


class Refused(Exception):
    """The call ends with this code and message."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Stream:
    """A call of the builder. One thread reads messages, one (perhaps another) writes."""

    def __init__(self, connection: Connection, number: int, headers: Headers, window: int) -> None:
        self._connection = connection
        self.number = number
        self.headers = headers
        #: How much the other side has room for; guarded by the connection.
        self.window = window
        self.broken = False
        #: Nothing more is sent, but for how the call ends.
        self.abandoned = False
        self._arrived: deque[bytes] = deque()
        self._change = threading.Condition()
        self._finished = False
        self._partial = bytearray()
        self._unacknowledged = 0
        self._batch = bytearray()
        self._answered = False

    @property
    def path(self) -> str:
        """The full name of the method."""
        return self.header(":path")

    def header(self, key: str) -> str:
        """The first value of a header, or nothing."""
        wanted = key.encode()
        for name, value in self.headers:
            if name == wanted:
                return value.decode("utf-8", "surrogateescape")
        return ""

    def arrived(self, data: bytes, counted: int) -> None:
        """Called by the connection for each piece."""
        with self._change:
            self._arrived.append(data)
            self._unacknowledged += counted - len(data)
            self._change.notify()

    def ended(self, *, broken: bool = False) -> None:
        """Called by the connection when nothing more will come."""
        with self._change:
            self._finished = True
            self.broken = self.broken or broken
            self._change.notify_all()
        if broken:
            with self._connection.room:
                self._connection.room.notify_all()

    def __iter__(self) -> Iterator[bytes]:
        """Messages of the builder until it has no more. Raises CallEnded if it broke off."""
        while (message := self.receive()) is not None:
            yield message

    @property
    def is_over(self) -> bool:
        """Whether the builder broke off, so that nobody waits for an answer."""
        return self.broken or self._connection.closed

    def is_idle(self, seconds: float) -> bool:
        """Whether nothing is here to be received, nor comes within some seconds."""
        if self._partial or self._arrived:
            return False
        with self._change:
            if not self._arrived and not self._finished:
                self._change.wait(seconds)
            return not self._arrived

    def receive(self) -> bytes | None:
        """The next message; none after the last one."""
        head = self._read(5)
        if head is None:
            return None
        size = int.from_bytes(head[1:])
        message = self._read(size) if size <= _MESSAGE_LIMIT else None
        if message is None or head[0]:
            raise CallEnded
        return message

    def _read(self, count: int) -> bytes | None:
        partial = self._partial
        while len(partial) < count:
            with self._change:
                while not self._arrived and not self._finished:
                    self._change.wait()
                if self._connection.closed:
                    raise CallEnded  # nobody waits for what is still here
                if not self._arrived:
                    if self.broken or partial:
                        raise CallEnded
                    return None
                data = self._arrived.popleft()
            partial += data
            self._unacknowledged += len(data)
            if self._unacknowledged >= _GRANT:
                self._connection.grant(self, self._unacknowledged)
                self._unacknowledged = 0
        taken = bytes(partial[:count])
        del partial[:count]
        return taken

    def send(self, message: bytes) -> None:
        """Send a message, together with what comes soon after; see `flush`."""
        self._batch += b"\0" + len(message).to_bytes(4)
        self._batch += message
        if len(self._batch) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Let nothing wait that was sent."""
        self._answer()
        data, self._batch = self._batch, bytearray()
        self._connection.send_data(self, data)

    def _answer(self) -> None:
        if not self._answered:
            self._answered = True
            headers: list[tuple[str, str | bytes]] = [
                (":status", "200"),
                ("content-type", "application/grpc"),
            ]
            self._connection.send_headers(self.number, headers)

    def abandon(self) -> None:
        """Give up what waits for room; whoever sends it is told that the call ended."""
        with self._connection.room:
            self.abandoned = True
            self._connection.room.notify_all()

    def finish(self, code: grpc.StatusCode = grpc.StatusCode.OK, message: str = "") -> None:
        """End the call. An error does not wait behind what the builder does not take."""
        with suppress(OSError):
            if code is not grpc.StatusCode.OK and not self._connection.takes(
                self, len(self._batch)
            ):
                self._batch.clear()
            self.flush()
            number: int = code.value[0]
            trailers: list[tuple[str, str | bytes]] = [("grpc-status", str(number))]
            if message:
                trailers.append(
                    ("grpc-message", quote(message, safe=" !\"#$&'()*+,-./:;<=>?@[]^_`{|}~"))
                )
            self._connection.send_headers(self.number, trailers, end=True)
        self.ended()


def refuse(code: grpc.StatusCode, message: str) -> NoReturn:
    """End the call with an error; the builder hands it on to whoever asked for the build."""
    raise Refused(code, message)
