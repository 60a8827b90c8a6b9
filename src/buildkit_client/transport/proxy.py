"""A private unix socket for gRPC, carried on to wherever the builder is.

gRPC's Python library cannot be handed a connected socket. So it connects to a socket of ours, in a
directory that only we can enter, and two threads move the bytes on.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from buildkit_client.transport import leftovers

_CHUNK = 256 * 1024
_PREFIX = "buildkit-client-"

# The kernel takes 107 bytes of a socket's path; the rest is the folder's own name.
_LONGEST_PLACE = 80

Dial = Callable[[], socket.socket]


def _place() -> Path:
    """For temporary folders that hold sockets: a long $TMPDIR will not do."""
    place = Path(tempfile.gettempdir())
    return place if len(os.fsencode(place)) <= _LONGEST_PLACE else Path("/tmp")


class Proxy:
    """Listens until it is closed; each connection is carried to one that `dial` makes."""

    def __init__(self, dial: Dial) -> None:
        self._dial = dial
        place = _place()
        for left in leftovers.abandoned(place, _PREFIX):
            shutil.rmtree(left, ignore_errors=True)
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        self._held = leftovers.lock(self._folder)
        self._path = self._folder / "s"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closed = False
        #: What the last dialling failed with; gRPC itself only says that it could not connect.
        self.failure: OSError | None = None
        self._threads: list[threading.Thread] = []
        try:
            self._listener.bind(str(self._path))
            self._listener.listen(8)
        except OSError:
            self.close()
            raise
        self._start(self._accept)

    @property
    def target(self) -> str:
        """The address for a gRPC channel."""
        return f"unix:{self._path}"

    def close(self) -> None:
        """End all connections and take the socket away."""
        with self._lock:
            self._closed = True
            ends = [self._listener, *self._open]
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(2)
        for end in ends:
            end.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._held >= 0:
            os.close(self._held)
            self._held = -1

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True, name="buildkit-proxy")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = self._dial()
            except OSError as error:
                self.failure = error
                near.close()
                continue
            self.failure = None
            with self._lock:
                if self._closed:
                    near.close()
                    far.close()
                    return
                self._open |= {near, far}
            self._start(self._carry, near, far)

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        back = threading.Thread(target=pump, args=(far, near), daemon=True, name="buildkit-proxy")
        back.start()
        pump(near, far)
        back.join()
        with self._lock:
            self._open -= {near, far}
        near.close()
        far.close()


def pump(source: socket.socket, target: socket.socket) -> None:
    """Move bytes until the source ends, then end the target."""
    buffer = memoryview(bytearray(_CHUNK))
    with suppress(OSError):
        while count := source.recv_into(buffer):
            target.sendall(buffer[:count])
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
