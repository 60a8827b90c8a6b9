"""A build, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from buildkit_client.outputs import Output
from buildkit_client.policy import Rule
from buildkit_client.session.secret_store import FromEnvironment, FromFile, Secret

__all__ = [
    "Archive",
    "BuildRequest",
    "Cache",
    "FromEnvironment",
    "FromFile",
    "Provenance",
    "Sbom",
    "Secret",
]


#: How a named context begins that is an image of a layout on this machine.
OCI_LAYOUT = "oci-layout://"


@dataclass(frozen=True, slots=True)
class Cache:
    """A cache to read or to write: `registry` (ref, mode), `local` (src or dest), `inline`, …"""

    kind: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Attach how the image was made. `min` leaves out the Dockerfile and its arguments."""

    mode: Literal["min", "max"] = "min"


@dataclass(frozen=True, slots=True)
class Sbom:
    """Attach what the image contains. `generator` is the image of the scanner."""

    generator: str = ""


@dataclass(frozen=True, slots=True)
class Archive:
    """A context that is a tar archive, packed with gzip, bzip2, xz or not. Its bytes are read while
    the builder takes them, and once: a request with one is built once."""

    pieces: Iterable[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """What to build, of what, and where the result goes.

    `context` is a directory, an `Archive`, or the URL of a Git repository or a tar file that the
    builder fetches by itself; without one, only a Dockerfile is there. `dockerfile` is a file
    (default: the one in the context) or its content. `contexts` names further directories, images
    of a layout on this machine (`oci-layout://FOLDER:TAG`), or what BuildKit knows under a scheme
    (`docker-image://`, `https://`). `ssh` are sockets of agents (`agent_with_keys` makes one) by
    the ids that a RUN names. `no_cache` is for all stages or for those named.
    """

    context: Path | Archive | str | None = None
    dockerfile: Path | bytes | None = None
    #: Ignore rules that count in place of those of the context, for a Dockerfile that is content.
    ignore: bytes | None = None
    contexts: Mapping[str, Path | str] = field(default_factory=dict)
    target: str = ""
    platforms: tuple[str, ...] = ()
    args: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    ssh: Mapping[str, Path] = field(default_factory=dict)
    cache_from: tuple[Cache, ...] = ()
    cache_to: tuple[Cache, ...] = ()
    no_cache: bool | tuple[str, ...] = False
    pull: bool = False
    network: Literal["default", "host", "none"] = "default"
    extra_hosts: Mapping[str, str] = field(default_factory=dict)
    shm_size: int = 0
    ulimits: tuple[str, ...] = ()
    entitlements: tuple[str, ...] = ()
    source_date_epoch: int | None = None
    provenance: Provenance | None = None
    sbom: Sbom | None = None
    source_policy: tuple[Rule, ...] = ()
    outputs: tuple[Output, ...] = ()
    #: Further attributes of dockerfile.v0, as they are.
    frontend_options: Mapping[str, str] = field(default_factory=dict)
    #: Leave no record in the history of the builder.
    internal: bool = False
