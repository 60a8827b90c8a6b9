"""What a builder can do, as it tells of itself; versions are never looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import grpc

from buildkit_client import messages
from buildkit_client.channel import CONTROL, call
from buildkit_client.error_details import translated
from buildkit_client.errors import Unsupported
from buildkit_client.outputs import IntoEngine, OciDirectory, Output
from buildkit_client.request import OCI_LAYOUT, BuildRequest, Cache

_LABELS = "org.mobyproject.buildkit.worker."
_SNAPSHOTTER = _LABELS + "snapshotter"
_MOBY = _LABELS + "moby."
_EXPORTERS = frozenset({"image", "oci", "docker", "tar", "local"})
_CACHES = frozenset({"inline", "local", "registry", "gha"})
_OWN_CACHES = _CACHES | {"s3", "azblob"}


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker of the builder, with its labels."""

    id: str
    labels: dict[str, str]
    platforms: tuple[str, ...]
    version: str


@dataclass(frozen=True, slots=True)
class Abilities:
    """What can be asked of the builder.

    `image_store` is where images go: of an engine with graph drivers, of one with containerd, or
    the builder's own.
    """

    image_store: str
    exporters: frozenset[str]
    cache_exporters: frozenset[str]
    #: Whether its image store keeps images that are an index: of several platforms, or attested.
    indexes: bool
    #: Whether a named context can be an OCI layout on the client's machine.
    layouts: bool
    #: Those whose programs it can run; files can be copied into images of any platform.
    platforms: tuple[str, ...]

    def check(self, request: BuildRequest) -> None:
        """Raise `Unsupported` for the first thing that this builder lacks."""
        for output in request.outputs:
            self._check_output(output)
            _check_compression(output.attributes())
        if sum(isinstance(output, OciDirectory) for output in request.outputs) > 1:
            raise Unsupported("a build can write one OCI layout; copy it, or build once for each")
        for cache in request.cache_to:
            self._check_cache(cache)
            _check_compression(cache.options)
        if not self.layouts:
            for place in request.contexts.values():
                if isinstance(place, str) and place.startswith(OCI_LAYOUT):
                    lack = "cannot read OCI layouts of this machine"
                    raise Unsupported(f"{self.image_store} {lack}{_ADVICE}")
        if not self.indexes and any(isinstance(output, IntoEngine) for output in request.outputs):
            if request.provenance or request.sbom:
                raise Unsupported(f"{self.image_store} keeps no attestations{_ADVICE}")
            if len(request.platforms) > 1:
                raise Unsupported(f"{self.image_store} keeps one platform of an image{_ADVICE}")

    def _check_output(self, output: Output) -> None:
        if output.kind not in self.exporters:
            can = ", ".join(sorted(self.exporters))
            advice = _ADVICE if self.image_store == GRAPH_DRIVERS else ""
            raise Unsupported(
                f"{self.image_store} cannot export '{output.kind}' (it can: {can}){advice}"
            )

    def _check_cache(self, cache: Cache) -> None:
        if cache.kind not in self.cache_exporters:
            can = ", ".join(sorted(self.cache_exporters))
            advice = _ADVICE if cache.kind in _CACHES else ""
            raise Unsupported(
                f"{self.image_store} cannot write a '{cache.kind}' cache (it can: {can}){advice}"
            )


GRAPH_DRIVERS = "a Docker Engine without the containerd image store"
CONTAINERD = "a Docker Engine with the containerd image store"
OWN = "a BuildKit of its own"
_ADVICE = "; the Engine's containerd image store can"


def _check_compression(options: Mapping[str, str]) -> None:
    """There is no telling which Go a builder was built with."""
    if options.get("compression") == "estargz":
        raise Unsupported(
            "a BuildKit that was built with a recent Go dies of eStargz layers: none are asked for;"
            " zstd or gzip will do"
        )


def list_workers(channel: grpc.Channel) -> tuple[Worker, ...]:
    """The workers of a builder."""
    with translated():
        answer = call(
            channel, CONTROL + "ListWorkers", messages.Empty(), messages.ListWorkersResponse
        )
    return tuple(
        Worker(
            record.id,
            dict(record.labels),
            tuple(dict.fromkeys(map(_platform, record.platforms))),
            record.version.version,
        )
        for record in answer.record
    )


def tell_version(channel: grpc.Channel) -> str:
    """What the builder says its version is; empty for one that does not say."""
    with translated():
        answer = call(channel, CONTROL + "Info", messages.Empty(), messages.InfoResponse)
    return answer.version.version


def ask(channel: grpc.Channel) -> Abilities:
    """Find out what a builder can do."""
    workers = list_workers(channel)
    labels = [label for worker in workers for label in worker.labels]
    platforms = tuple(dict.fromkeys(item for worker in workers for item in worker.platforms))
    is_engine = _any_starts(labels, _MOBY) or any(
        worker.version.endswith("-moby") for worker in workers
    )
    if is_engine and _SNAPSHOTTER not in labels:
        exporters = frozenset({"moby", "tar", "local"})
        return Abilities(GRAPH_DRIVERS, exporters, frozenset({"inline"}), False, False, platforms)
    if is_engine:
        return Abilities(CONTAINERD, _EXPORTERS | {"moby"}, _CACHES, True, True, platforms)
    return Abilities(OWN, _EXPORTERS, _OWN_CACHES, True, True, platforms)


def _any_starts(labels: Iterable[str], start: str) -> bool:
    return any(label.startswith(start) for label in labels)


def _platform(platform: messages.Platform) -> str:
    parts = [platform.os, platform.architecture, platform.variant]
    return "/".join(part for part in parts if part)
