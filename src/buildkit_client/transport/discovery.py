"""Which builder to use when none is named, and why that one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from buildkit_client.errors import NoBuilder
from buildkit_client.transport import contexts
from buildkit_client.transport.addresses import Address, parse
from buildkit_client.transport.tls import Tls

_DOCKER_SOCKET = Path("/var/run/docker.sock")
_BUILDKIT_SOCKETS = (Path("/run/buildkit/buildkitd.sock"),)
NONE = (
    "no builder was found: set BUILDKIT_HOST or DOCKER_HOST, start Docker, or name one "
    "(unix://, tcp://, ssh://, buildx://, docker-container://)"
)


class Found(NamedTuple):
    """An address, and the reason why it was chosen, as part of a sentence."""

    address: Address
    reason: str


def discover(environ: Mapping[str, str] | None = None) -> Found:
    """The builder that the surroundings name, or else one at its usual place."""
    found = named(environ) or at_usual_places()
    if not found:
        raise NoBuilder(NONE)
    return found


def named(
    environ: Mapping[str, str] | None = None, *, timeout: float | None = None
) -> Found | None:
    """The builder that somebody chose: $BUILDKIT_HOST goes before $DOCKER_HOST, that before the
    Docker context in use."""
    environ = os.environ if environ is None else environ
    if url := environ.get("BUILDKIT_HOST"):
        return Found(parse(url, timeout=timeout), "$BUILDKIT_HOST names it")
    if url := environ.get("DOCKER_HOST"):
        address = parse(url, tls=_docker_tls(environ), docker=True, timeout=timeout)
        return Found(address, "$DOCKER_HOST names it")
    folder = contexts.config_folder()
    name = contexts.current(folder)
    if name == contexts.DEFAULT:
        return None
    endpoint = contexts.read(name, folder)
    address = parse(endpoint.url, tls=endpoint.tls, docker=True, timeout=timeout)
    return Found(address, f"the Docker context '{name}' is in use")


def at_usual_places(*, timeout: float | None = None) -> Found | None:
    """A builder whose socket is where it usually is; nobody may be listening there any more."""
    for path, is_docker in usual_sockets():
        reason = "Docker's socket is there" if is_docker else "buildkitd's socket is there"
        return Found(parse(f"unix://{path}", docker=is_docker, timeout=timeout), reason)
    return None


def usual_sockets() -> Iterator[tuple[Path, bool]]:
    """Those that are there, and whether it is Docker's."""
    if _DOCKER_SOCKET.exists():
        yield _DOCKER_SOCKET, True
    for path in _BUILDKIT_SOCKETS:
        if path.exists():
            yield path, False


def docker_endpoint(environ: Mapping[str, str] | None = None) -> contexts.Endpoint:
    """Where the Docker API is: $DOCKER_HOST, the context in use, or its usual socket."""
    environ = os.environ if environ is None else environ
    if url := environ.get("DOCKER_HOST"):
        return contexts.Endpoint(url, _docker_tls(environ))
    folder = contexts.config_folder()
    name = contexts.current(folder)
    if name != contexts.DEFAULT:
        return contexts.read(name, folder)
    return contexts.Endpoint(f"unix://{_DOCKER_SOCKET}", None)


def _docker_tls(environ: Mapping[str, str]) -> Tls | None:
    if not environ.get("DOCKER_TLS_VERIFY") and not environ.get("DOCKER_TLS"):
        return None
    folder = environ.get("DOCKER_CERT_PATH")
    return Tls.in_folder(Path(folder) if folder else contexts.config_folder())
