"""Addresses of builders: what a URL means."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from buildkit_client.errors import BadRequest, NoBuilder
from buildkit_client.transport.commands import CommandDial
from buildkit_client.transport.hijack import NotDockerd, upgrade
from buildkit_client.transport.proxy import Dial
from buildkit_client.transport.tls import Tls, wrap

#: Seconds in which a builder of this machine answers, if it does, and one further away.
NEAR = 4.0
FAR = 15.0


@dataclass(frozen=True, slots=True)
class Address:
    """Either a `target` that gRPC reaches by itself, or a `dial` that makes a connection to it.

    `command` is what such a connection runs through, if it does.
    """

    url: str
    target: str = ""
    dial: Dial | None = None
    command: CommandDial | None = None
    tls: Tls | None = None
    #: Seconds to wait for an answer unless somebody says otherwise.
    patience: float = FAR


def parse(
    url: str, *, tls: Tls | None = None, docker: bool = False, timeout: float | None = None
) -> Address:
    """Read a URL: unix, tcp, ssh, buildx, docker-container.

    `docker` says that the Docker API is there (as in $DOCKER_HOST). A unix socket is asked, if it
    answers at all; `NoBuilder` if it does not within `timeout` seconds.
    """
    parts = urlsplit(url)
    match parts.scheme:
        case "unix":
            return _unix(url, unquote(parts.path), docker, timeout or NEAR)
        case "tcp":
            return _tcp(url, tls, docker, timeout or NEAR)
        case "ssh":
            command = CommandDial(["docker", "-H", url, "system", "dial-stdio"])
            return Address(url, dial=lambda: _upgraded(command(), FAR), command=command)
        case "buildx":
            name = _name(url, parts.netloc)
            command = CommandDial(["docker", "buildx", "--builder", name, "dial-stdio"])
            return Address(url, dial=command, command=command)
        case "docker-container":
            name = _name(url, parts.netloc)
            command = CommandDial(["docker", "exec", "-i", name, "buildctl", "dial-stdio"])
            return Address(url, dial=command, command=command)
    raise BadRequest(
        f"'{url}' is not an address of a builder: unix://, tcp://, ssh://, buildx:// and "
        "docker-container:// are"
    )


def docker_dial(url: str, tls: Tls | None = None) -> Dial:
    """What connects to the Docker API at a URL (unix, tcp or ssh), for plain HTTP/1.1 on it."""
    parts = urlsplit(url)
    match parts.scheme:
        case "unix":
            return _unix_dial(unquote(parts.path), NEAR)
        case "tcp":
            return _tcp_dial(*_host_and_port(url), tls, NEAR)
        case "ssh":
            return CommandDial(["docker", "-H", url, "system", "dial-stdio"])
    raise BadRequest(
        f"'{url}' is not an address of a Docker daemon: unix://, tcp:// and ssh:// are"
    )


def _unix(url: str, path: str, docker: bool, timeout: float) -> Address:
    dial = _unix_dial(path, timeout)
    if docker or _is_dockerd(url, dial, timeout):
        return _hijacked(url, dial, timeout)
    return Address(url, target=f"unix:{path}", patience=timeout)


def _unix_dial(path: str, timeout: float) -> Dial:
    def dial() -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(timeout)
            connection.connect(path)
        except OSError:
            connection.close()
            raise
        connection.settimeout(None)
        return connection

    return dial


def _tcp(url: str, tls: Tls | None, docker: bool, timeout: float) -> Address:
    host, port = _host_and_port(url)
    if not docker:
        return Address(url, target=urlsplit(url).netloc, tls=tls, patience=timeout)
    return _hijacked(url, _tcp_dial(host, port, tls, timeout), timeout)


def _host_and_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:  # not a number, or too large
        host = port = None
    if not host or not port:
        raise BadRequest(f"'{url}' has no host and port")
    return host, port


def _tcp_dial(host: str, port: int, tls: Tls | None, timeout: float) -> Dial:
    place = (host, port)

    def dial() -> socket.socket:
        connection = socket.create_connection(place, timeout=timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            secured = wrap(connection, tls, place[0]) if tls else connection
        except OSError:  # ssl.SSLError is one
            connection.close()
            raise
        secured.settimeout(None)
        return secured

    return dial


def _hijacked(url: str, dial: Dial, timeout: float) -> Address:
    return Address(url, dial=lambda: _upgraded(dial(), timeout), patience=timeout)


def _is_dockerd(url: str, dial: Dial, timeout: float) -> bool:
    try:
        _upgraded(dial(), timeout).close()
    except NotDockerd:
        return False
    except TimeoutError as error:
        raise NoBuilder(f"the builder at {url} cannot be reached: {error}") from error
    except OSError:
        # Nobody is there, or the Docker API has no BuildKit: connecting will say so.
        return True
    return True


def _upgraded(connection: socket.socket, timeout: float) -> socket.socket:
    try:
        return upgrade(connection, timeout=timeout)
    except OSError:
        connection.close()
        raise


def _name(url: str, name: str) -> str:
    if not name or name.startswith("-"):
        raise BadRequest(f"'{url}' names no builder")
    return name
