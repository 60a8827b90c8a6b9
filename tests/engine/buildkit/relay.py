"""Stand-ins for a BuildKit of its own: a relay in front of an engine's socket."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from buildkit_client.transport.hijack import upgrade
from buildkit_client.transport.proxy import pump


@contextmanager
def relay(
    upstream: Path,
    *,
    listen: Path | None = None,
    tls: ssl.SSLContext | None = None,
    hijack: bool = True,
) -> Iterator[int]:
    """Carry what comes to `listen`, or else to a port of this machine, to the engine's socket.

    With `hijack` the relay asks the engine for BuildKit by itself, so that clients speak gRPC at
    once, as to a buildkitd. With `tls` it is the end of TLS. Gives the port.
    """
    if listen:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(listen))
        listener.listen()
    else:
        listener = socket.create_server(("127.0.0.1", 0))
    with listener:
        thread = threading.Thread(target=_accept, args=(listener, upstream, tls, hijack))
        thread.start()
        try:
            yield 0 if listen else listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _accept(
    listener: socket.socket, upstream: Path, tls: ssl.SSLContext | None, hijack: bool
) -> None:
    while True:
        try:
            accepted, _ = listener.accept()
        except OSError:
            return
        try:
            near = _unwrapped(accepted, tls) if tls else accepted
        except OSError:  # ssl.SSLError is one
            accepted.close()
            continue
        far = socket.socket(socket.AF_UNIX)
        far.connect(str(upstream))
        if hijack:
            upgrade(far)
        threading.Thread(target=_carry, args=(near, far), daemon=True).start()


def _carry(near: socket.socket, far: socket.socket) -> None:
    with near, far:
        back = threading.Thread(target=pump, args=(far, near), daemon=True)
        back.start()
        pump(near, far)
        back.join()


def _unwrapped(accepted: socket.socket, tls: ssl.SSLContext) -> socket.socket:
    """A plain socket with the bytes of one with TLS, moved by the room's own code."""
    from buildkit_client.transport.tls import _carry as carry_tls

    secure = tls.wrap_socket(accepted, server_side=True)
    near, far = socket.socketpair()
    threading.Thread(target=carry_tls, args=(secure, far), daemon=True).start()
    return near
