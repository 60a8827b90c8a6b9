"""Docker contexts: named endpoints of the Docker API, as `docker context` keeps them."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import NamedTuple

from buildkit_client.errors import NoBuilder
from buildkit_client.transport.tls import Tls

DEFAULT = "default"


class Endpoint(NamedTuple):
    """Where a context's Docker API is."""

    url: str
    tls: Tls | None


def config_folder() -> Path:
    """Where Docker's client keeps its configuration."""
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")


def current(folder: Path) -> str:
    """The name of the context in use: $DOCKER_CONTEXT, or that of config.json."""
    if name := os.environ.get("DOCKER_CONTEXT"):
        return name
    try:
        config: object = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError):
        return DEFAULT
    name = config.get("currentContext") if isinstance(config, dict) else None
    return name if isinstance(name, str) and name else DEFAULT


def names(folder: Path) -> tuple[str, ...]:
    """The contexts that `docker context create` made."""
    found = []
    for path in sorted((folder / "contexts" / "meta").glob("*/meta.json")):
        try:
            meta: object = json.loads(path.read_bytes())
        except (OSError, ValueError):
            continue
        name = meta.get("Name") if isinstance(meta, dict) else None
        if isinstance(name, str) and name:
            found.append(name)
    return tuple(found)


def read(name: str, folder: Path) -> Endpoint:
    """The Docker endpoint of a context that `docker context create` made."""
    key = hashlib.sha256(name.encode()).hexdigest()
    try:
        meta: object = json.loads((folder / "contexts" / "meta" / key / "meta.json").read_bytes())
    except (OSError, ValueError) as error:
        raise NoBuilder(f"the Docker context '{name}' cannot be read: {error}") from error
    endpoints = meta.get("Endpoints") if isinstance(meta, dict) else None
    docker = endpoints.get("docker") if isinstance(endpoints, dict) else None
    host = docker.get("Host") if isinstance(docker, dict) else None
    if not isinstance(host, str) or not host:
        raise NoBuilder(f"the Docker context '{name}' names no host")
    certificates = folder / "contexts" / "tls" / key / "docker"
    return Endpoint(host, Tls.in_folder(certificates) if certificates.is_dir() else None)
