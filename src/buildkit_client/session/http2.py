"""The server's side of one HTTP/2 connection, as far as gRPC needs it.

A builder asks for files one by one. gRPC's own server for Python hands each message through several
threads, which makes ten thousand small files take many times longer than they need to. Here
messages are put together before they are sent, and one thread reads for all streams.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

import hpack

from buildkit_client.session.streams import Headers, Stream

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GOAWAY, _WINDOW, _CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
_END_STREAM, _ACK, _END_HEADERS, _PADDED, _PRIORITY = 1, 1, 4, 8, 32
_INITIAL_WINDOW, _MAX_FRAME = 4, 5
_DEFAULT_WINDOW = 65_535
_DEFAULT_FRAME = 16_384
# Of what is received: per stream, so that a slow disk slows the builder down; in all, no limit.
STREAM_WINDOW = 8 << 20
_CONNECTION_WINDOW = (1 << 31) - 1
_HEADER_LIMIT = 16 << 20
_MAX_HEADER_LIST, _MAX_STREAMS = 6, 3
_STREAM_LIMIT = 1000
_RECEIVE = 256 * 1024
# Frames are small; so many bytes of them are written together, and then others have their turn.
_AT_ONCE = 256 * 1024


class Connection:
    """Reads frames until the socket ends; `opened` is called with each new stream."""

    def __init__(self, end: socket.socket, opened: Callable[[Stream], None]) -> None:
        self._socket = end
        self._opened = opened
        self._buffer = bytearray()
        self._decoder = hpack.Decoder(max_header_list_size=_HEADER_LIMIT)
        self._encoder = hpack.Encoder()
        self._streams: dict[int, Stream] = {}
        self._headers: tuple[int, bool, bytearray] | None = None
        self._writing = threading.Lock()
        # Guards the windows for sending, of all streams and of each.
        self.room = threading.Condition()
        self._window = _DEFAULT_WINDOW
        self._initial_window = _DEFAULT_WINDOW
        self._frame = _DEFAULT_FRAME
        self.closed = False

    def run(self) -> None:
        """Serve until the other side ends."""
        try:
            self._run()
        finally:
            self.close()

    def _run(self) -> None:
        with suppress(OSError, EOFError, hpack.HPACKError, ValueError):
            if self._take(len(_PREFACE)) != _PREFACE:
                raise EOFError
            settings = [
                (_INITIAL_WINDOW, STREAM_WINDOW),
                (_MAX_HEADER_LIST, _HEADER_LIMIT),
                (_MAX_STREAMS, _STREAM_LIMIT),
            ]
            self._write(_SETTINGS, 0, 0, b"".join(struct.pack(">HI", *item) for item in settings))
            grown = struct.pack(">I", _CONNECTION_WINDOW - _DEFAULT_WINDOW)
            self._write(_WINDOW, 0, 0, grown)
            self._received = 0
            while True:
                self._read_frame()

    def close(self) -> None:
        """End every stream."""
        with self.room:
            self.closed = True
            self.room.notify_all()
        for stream in list(self._streams.values()):
            stream.ended(broken=True)
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            data = self._socket.recv(_RECEIVE)
            if not data:
                raise EOFError
            self._buffer += data
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _read_frame(self) -> None:
        head = self._take(9)
        length = int.from_bytes(head[:3])
        kind, flags = head[3], head[4]
        number = int.from_bytes(head[5:]) & 0x7FFFFFFF
        body = self._take(length)
        if kind == _DATA:
            self._on_data(number, flags, body)
        elif kind == _HEADERS:
            body = _unpadded(body, flags)[5 if flags & _PRIORITY else 0 :]
            self._headers = (number, bool(flags & _END_STREAM), bytearray(body))
            self._on_headers(flags)
        elif kind == _CONTINUATION and self._headers:
            self._headers[2].extend(body)
            if len(self._headers[2]) > _HEADER_LIMIT:
                raise EOFError
            self._on_headers(flags)
        elif kind == _SETTINGS and not flags & _ACK:
            self._on_settings(body)
        elif kind == _PING and not flags & _ACK:
            self._write(_PING, _ACK, 0, body)
        elif kind == _WINDOW:
            self._on_window(number, int.from_bytes(body) & 0x7FFFFFFF)
        elif kind == _RESET:
            # The thread that answers takes its stream away by itself, at any time.
            if stream := self._streams.pop(number, None):
                stream.ended(broken=True)
        elif kind == _GOAWAY:
            raise EOFError

    def _on_data(self, number: int, flags: int, body: bytes) -> None:
        self._received += len(body)
        if self._received > 1 << 20:
            self._write(_WINDOW, 0, 0, struct.pack(">I", self._received))
            self._received = 0
        stream = self._streams.get(number)
        if stream is None:
            return
        stream.arrived(_unpadded(body, flags), len(body))
        if flags & _END_STREAM:
            stream.ended()

    def _on_headers(self, flags: int) -> None:
        if not flags & _END_HEADERS or self._headers is None:
            return
        number, ends, block = self._headers
        self._headers = None
        headers: Headers = [
            (bytes(name), bytes(value))
            for name, value in self._decoder.decode(bytes(block), raw=True)
        ]
        if number in self._streams:
            return
        if len(self._streams) >= _STREAM_LIMIT:
            raise EOFError
        stream = self._streams[number] = Stream(self, number, headers, self._initial_window)
        if ends or self.closed:
            stream.ended(broken=self.closed)
        self._opened(stream)

    def _on_settings(self, body: bytes) -> None:
        with self.room:
            for place in range(0, len(body) - 5, 6):
                name, value = struct.unpack_from(">HI", body, place)
                if name == _INITIAL_WINDOW:
                    for stream in list(self._streams.values()):
                        stream.window += value - self._initial_window
                    self._initial_window = value
                elif name == _MAX_FRAME:
                    self._frame = min(value, 1 << 20)
            self.room.notify_all()
        self._write(_SETTINGS, _ACK, 0, b"")

    def _on_window(self, number: int, grown: int) -> None:
        with self.room:
            if number == 0:
                self._window += grown
            elif stream := self._streams.get(number):
                stream.window += grown
            self.room.notify_all()

    def takes(self, stream: Stream, count: int) -> bool:
        """Whether the other side has room for so much now."""
        with self.room:
            return not stream.abandoned and count <= min(self._window, stream.window)

    def send_data(self, stream: Stream, data: bytes | bytearray) -> None:
        """Send all, as the other side has room for it. Raises ConnectionError when it ended."""
        view = memoryview(data)
        while view:
            with self.room:
                while not (count := min(len(view), self._window, stream.window, _AT_ONCE)) > 0:
                    if self._is_over(stream):
                        raise ConnectionResetError("the builder ended the call")
                    self.room.wait()
                if self._is_over(stream):
                    raise ConnectionResetError("the builder ended the call")
                self._window -= count
                stream.window -= count
            frames = [
                _frame(_DATA, 0, stream.number, view[place : min(place + self._frame, count)])
                for place in range(0, count, self._frame)
            ]
            with self._writing:
                self._socket.sendall(b"".join(frames))
            view = view[count:]

    def _is_over(self, stream: Stream) -> bool:
        return self.closed or stream.broken or stream.abandoned

    def send_headers(
        self, number: int, headers: list[tuple[str, str | bytes]], *, end: bool = False
    ) -> None:
        """Send a block of headers; with `end` the last thing of the stream."""
        with self._writing:
            block = self._encoder.encode(headers)
            flags = _END_HEADERS | (_END_STREAM if end else 0)
            first, rest = block[: self._frame], block[self._frame :]
            frames = _frame(_HEADERS, flags if not rest else flags & ~_END_HEADERS, number, first)
            while rest:
                piece, rest = rest[: self._frame], rest[self._frame :]
                frames += _frame(_CONTINUATION, 0 if rest else _END_HEADERS, number, piece)
            self._socket.sendall(frames)
        if end:
            self._streams.pop(number, None)

    def grant(self, stream: Stream, count: int) -> None:
        """Let the other side send so much more on a stream."""
        if number := stream.number:
            with suppress(OSError):
                self._write(_WINDOW, 0, number, struct.pack(">I", count))

    def _write(self, kind: int, flags: int, number: int, body: bytes | memoryview) -> None:
        with self._writing:
            self._socket.sendall(_frame(kind, flags, number, body))


def _frame(kind: int, flags: int, number: int, body: bytes | memoryview) -> bytes:
    head = len(body).to_bytes(3) + bytes((kind, flags)) + number.to_bytes(4)
    return b"".join((head, body))


def _unpadded(body: bytes, flags: int) -> bytes:
    if not flags & _PADDED:
        return body
    if not body or body[0] >= len(body):
        raise ValueError("more padding than there is")
    return body[1 : len(body) - body[0]]
