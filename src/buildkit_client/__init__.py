"""A BuildKit client for Python, over gRPC.

It talks to a BuildKit daemon (on its own or inside dockerd): solves, sessions, progress, exports,
and what a build needs on the client's side, such as which files of a context are sent. It is the
only door to grpcio. It knows nothing of reimage and never parses or changes a Dockerfile, so that
it can be used on its own.

    from pathlib import Path
    from buildkit_client import BuildRequest, IntoEngine, connect

    with connect() as builder:
        request = BuildRequest(context=Path("."), outputs=(IntoEngine(names=("app:1",)),))
        print(builder.build(request).digest)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from buildkit_client.abilities import Abilities, Worker
    from buildkit_client.builder import Builder, connect
    from buildkit_client.containers import ContainerOptions, Finished
    from buildkit_client.disk import CacheRecord
    from buildkit_client.docker_config import Credentials
    from buildkit_client.errors import (
        BadRequest,
        BuilderGone,
        BuildFailed,
        BuildKitError,
        Cancelled,
        ExportFailed,
        NoBuilder,
        Rejected,
        SourceLocation,
        StepFailed,
        TimedOut,
        Unsupported,
    )
    from buildkit_client.files import FileInfo
    from buildkit_client.gateway import Gateway, ImageReference, Result
    from buildkit_client.history import BuildRecord
    from buildkit_client.outputs import (
        Compression,
        DockerArchive,
        Image,
        IntoEngine,
        LocalDirectory,
        OciArchive,
        OciDirectory,
        Output,
        Tar,
    )
    from buildkit_client.policy import Rule
    from buildkit_client.request import Archive, BuildRequest, Cache, Provenance, Sbom
    from buildkit_client.solve import Build, BuildResult
    from buildkit_client.ssh_keys import agent_with_keys
    from buildkit_client.status import Event, LogPiece, Progress, Step, Transfer, Warned
    from buildkit_client.transport.tls import Tls

# gRPC takes a fifth of a second to import: nothing is, until it is asked for.
_ROOMS = {
    "abilities": "Abilities Worker",
    "builder": "Builder connect",
    "containers": "ContainerOptions Finished",
    "disk": "CacheRecord",
    "docker_config": "Credentials",
    "errors": "BadRequest BuildFailed BuildKitError BuilderGone Cancelled ExportFailed NoBuilder "
    "Rejected SourceLocation StepFailed TimedOut Unsupported",
    "files": "FileInfo",
    "gateway": "Gateway ImageReference Result",
    "history": "BuildRecord",
    "outputs": "Compression DockerArchive Image IntoEngine LocalDirectory OciArchive OciDirectory "
    "Output Tar",
    "policy": "Rule",
    "request": "Archive BuildRequest Cache Provenance Sbom",
    "solve": "Build BuildResult",
    "ssh_keys": "agent_with_keys",
    "status": "Event LogPiece Progress Step Transfer Warned",
    "transport.tls": "Tls",
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = [
    "Abilities",
    "Archive",
    "BadRequest",
    "Build",
    "BuildFailed",
    "BuildKitError",
    "BuildRecord",
    "BuildRequest",
    "BuildResult",
    "Builder",
    "BuilderGone",
    "Cache",
    "CacheRecord",
    "Cancelled",
    "Compression",
    "ContainerOptions",
    "Credentials",
    "DockerArchive",
    "Event",
    "ExportFailed",
    "FileInfo",
    "Finished",
    "Gateway",
    "Image",
    "ImageReference",
    "IntoEngine",
    "LocalDirectory",
    "LogPiece",
    "NoBuilder",
    "OciArchive",
    "OciDirectory",
    "Output",
    "Progress",
    "Provenance",
    "Rejected",
    "Result",
    "Rule",
    "Sbom",
    "SourceLocation",
    "Step",
    "StepFailed",
    "Tar",
    "TimedOut",
    "Tls",
    "Transfer",
    "Unsupported",
    "Warned",
    "Worker",
    "agent_with_keys",
    "connect",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found
