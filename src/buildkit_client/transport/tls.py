"""Certificates, and TLS for connections on which HTTP/1.1 turns into HTTP/2."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificates as PEM files. `server_name` where it is not the host of the URL."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    server_name: str | None = None

    @classmethod
    def in_folder(cls, folder: Path) -> Tls:
        """The three files as Docker names them; those that are missing are left out."""
        names = ("ca.pem", "cert.pem", "key.pem")
        ca, cert, key = (path if path.exists() else None for path in map(folder.joinpath, names))
        return cls(ca, cert, key)

    def context(self) -> ssl.SSLContext:
        """For a client that will speak HTTP/1.1 first."""
        context = ssl.create_default_context(cafile=self.ca)
        if self.certificate:
            context.load_cert_chain(self.certificate, self.key)
        context.set_alpn_protocols(["http/1.1"])
        return context


def wrap(connection: socket.socket, tls: Tls, host: str) -> socket.socket:
    """A plain socket whose bytes travel over TLS on `connection`."""
    secure = tls.context().wrap_socket(connection, server_hostname=tls.server_name or host)
    near, far = socket.socketpair()
    thread = threading.Thread(target=_carry, args=(secure, far), daemon=True, name="buildkit-tls")
    thread.start()
    return near


def _carry(secure: ssl.SSLSocket, plain: socket.socket) -> None:
    """One thread for both ways: OpenSSL allows no reading while another thread writes."""
    with secure, plain, suppress(OSError):
        secure.setblocking(False)
        plain.setblocking(False)
        outward = inward = b""
        while True:
            readable: list[socket.socket] = [secure] if not inward else []
            readable += [plain] if not outward else []
            writable: list[socket.socket] = [secure] if outward else []
            writable += [plain] if inward else []
            if not (secure.pending() and not inward):
                select.select(readable, writable, [])
            if not inward:
                inward, ended = _receive(secure)
                if ended:
                    return
            if not outward:
                outward, ended = _receive(plain)
                if ended:
                    return
            outward = outward[_send(secure, outward) :]
            inward = inward[_send(plain, inward) :]


def _receive(source: socket.socket) -> tuple[bytes, bool]:
    """What has arrived, and whether the other side has ended."""
    try:
        data = source.recv(_CHUNK)
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
        return b"", False
    return data, not data


def _send(target: socket.socket, data: bytes) -> int:
    if not data:
        return 0
    try:
        return target.send(data)
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
        return 0
