"""BuildKit inside dockerd: an HTTP/1.1 request that turns the connection into HTTP/2."""

from __future__ import annotations

import socket

_REQUEST = b"POST /grpc HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
_HEADER_LIMIT = 64 * 1024


class NotDockerd(ConnectionError):
    """What answers does not speak HTTP/1.1: a BuildKit on its own, perhaps."""


def upgrade(connection: socket.socket, *, timeout: float = 20.0) -> socket.socket:
    """Ask the Docker API on `connection` for BuildKit; what follows on it is HTTP/2."""
    connection.settimeout(timeout)
    try:
        connection.sendall(_REQUEST)
        header = _read_header(connection)
    except TimeoutError as error:
        raise TimeoutError("it takes connections and does not answer") from error
    except (BrokenPipeError, ConnectionResetError) as error:
        raise NotDockerd("it ended the connection at an HTTP/1.1 request") from error
    status = header.split(b"\r\n", 1)[0].decode("latin-1")
    if " 101 " not in f"{status} ":
        raise ConnectionError(f"the Docker API answered '{status}' when asked for BuildKit")
    connection.settimeout(None)
    return connection


def _read_header(connection: socket.socket) -> bytes:
    # Byte by byte: what comes after the empty line belongs to HTTP/2 already.
    header = bytearray()
    while not header.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        header += byte
        if not b"HTTP/1.".startswith(header[:7]) and not header.startswith(b"HTTP/1."):
            raise NotDockerd("it does not answer in HTTP/1.1")
        if not byte or len(header) > _HEADER_LIMIT:
            raise NotDockerd("it ended the connection at an HTTP/1.1 request")
    return bytes(header)
