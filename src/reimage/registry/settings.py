"""How to talk to registries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from buildkit_client.docker_config import Credentials, DockerConfig

MANIFEST_LIMIT = 4 << 20
"""bytes, which the distribution specification names as the most that a registry must take."""
TOKEN_LIMIT = 1 << 20
LIST_LIMIT = 4 << 20
CONFIG_LIMIT = 8 << 20

_NO_MIRRORS: Mapping[str, tuple[str, ...]] = MappingProxyType({})


def from_docker_config() -> Callable[[str], Credentials]:
    """Credentials as Docker keeps them, its helpers included."""
    return DockerConfig().credentials


class Settings(NamedTuple):
    """Times are seconds.

    `plain_http` are registries (`host:port`) without TLS; localhost needs no mention. `mirrors` are
    addresses (`https://host/prefix`) to ask before the registry of a domain. `ca` is a file of
    certificates to trust besides those of the system. `cache` is a folder for what has a digest;
    None keeps nothing. `tags_for` is how long an answer about a tag may be used again by later
    runs. `connections` limits requests at the same time to one registry. `connect` limits the wait
    for a connection, which the system tries more than once, `one_request` one attempt from
    connecting to the last byte, `patience` all attempts
    together, `longest_wait` a single pause that a registry asks for.
    """

    plain_http: frozenset[str] = frozenset()
    mirrors: Mapping[str, tuple[str, ...]] = _NO_MIRRORS
    ca: Path | None = None
    offline: bool = False
    cache: Path | None = None
    tags_for: float = 0
    connections: int = 8
    attempts: int = 4
    connect: float = 5
    one_request: float = 30
    patience: float = 90
    first_pause: float = 0.5
    longest_wait: float = 30
    credentials: Callable[[str], Credentials] | None = None
    """By registry, in place of Docker's configuration."""
