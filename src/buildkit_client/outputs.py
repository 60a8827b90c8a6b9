"""Where a result goes: exporters, as plain data.

What a builder can export is asked of it (`Builder.abilities`); an output that it lacks is refused
with a sentence before anything is built.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

#: A file that is replaced once all has come, or a function that is given each piece.
Target = Path | Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Compression:
    """How layers are compressed. Without `force` layers of the base stay as they are. No builder is
    asked for `estargz`: there are some that it brings down."""

    kind: Literal["uncompressed", "gzip", "estargz", "zstd"]
    level: int | None = None
    force: bool = False

    def attributes(self) -> dict[str, str]:
        """As BuildKit's exporters take it."""
        found: dict[str, str] = {"compression": self.kind}
        if self.level is not None:
            found["compression-level"] = str(self.level)
        if self.force:
            found["force-compression"] = "true"
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    names: tuple[str, ...] = ()
    compression: Compression | None = None
    rewrite_timestamp: bool = False
    options: Mapping[str, str] = field(default_factory=dict)

    def attributes(self) -> dict[str, str]:
        """As BuildKit's exporters take it."""
        found = dict(self.options)
        if self.names:
            found["name"] = ",".join(self.names)
        if self.compression:
            found |= self.compression.attributes()
        if self.rewrite_timestamp:
            found["rewrite-timestamp"] = "true"
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class IntoEngine:
    """An image in the Docker Engine that the builder is part of."""

    names: tuple[str, ...] = ()
    kind = "moby"

    def attributes(self) -> dict[str, str]:
        """As BuildKit's exporters take it."""
        return {"name": ",".join(self.names)} if self.names else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Image(_Named):
    """An image in the builder's own store, or pushed to the registry that its names begin with."""

    push: bool = False
    #: Push under its digest alone, so that no tag of the names is made or moved.
    by_digest: bool = False
    kind = "image"

    def attributes(self) -> dict[str, str]:
        """As BuildKit's exporters take it."""
        found = _Named.attributes(self)
        if self.push:
            found["push"] = "true"
        if self.by_digest:
            found["push-by-digest"] = "true"
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class OciArchive(_Named):
    """A tar file in the OCI image layout."""

    target: Target
    kind = "oci"


@dataclass(frozen=True, slots=True, kw_only=True)
class OciDirectory(_Named):
    """An OCI image layout, to which the image is added. A build can have one of these.

    Blobs whose digest is `known` are not sent. Several builds of one process may add to one layout
    at the same time: what they share is sent once.
    """

    path: Path
    known: Container[str] = field(default=(), compare=False)
    kind = "oci"

    def attributes(self) -> dict[str, str]:
        """As BuildKit's exporters take it."""
        return _Named.attributes(self) | {"tar": "false"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerArchive(_Named):
    """A tar file for `docker load`."""

    target: Target
    kind = "docker"


@dataclass(frozen=True, slots=True)
class Tar:
    """The files of the result, as a tar file."""

    target: Target
    kind = "tar"

    def attributes(self) -> dict[str, str]:
        """There are none."""
        return {}


@dataclass(frozen=True, slots=True)
class LocalDirectory:
    """The files of the result, below a directory of this machine."""

    path: Path
    kind = "local"

    def attributes(self) -> dict[str, str]:
        """There are none."""
        return {}


Output = IntoEngine | Image | OciArchive | OciDirectory | DockerArchive | Tar | LocalDirectory
