"""All flags together: a request, and what it takes to run it."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from reimage.cli.building import attached, contexts, names, outputs, supplies, values
from reimage.cli.building.flags import Flags
from reimage.cli.errors import BadUsage

if TYPE_CHECKING:
    from buildkit_client.request import BuildRequest
    from reimage.pipeline.exports import Export

_NETWORKS: dict[str, Literal["default", "host", "none"]] = {
    "": "default",
    "default": "default",
    "host": "host",
    "none": "none",
}
PROGRESS = ("auto", "plain", "tty", "quiet", "none", "rawjson")


class Plan(NamedTuple):
    """A build as it was asked for. `request` has no outputs yet: they depend on the builder."""

    request: "BuildRequest"
    exports: "tuple[Export, ...]"
    names: tuple[str, ...]
    annotations: dict[str, str]
    builder: str
    dockerfile: str
    progress: str
    #: Private SSH keys by their ids: `ssh` of the request is to have an agent for each.
    keys: dict[str, tuple[Path, ...]]


def plan(flags: Flags, sources: contexts.Sources | None = None) -> Plan:
    """Check and translate all that was typed, before anything is asked of a builder.

    `sources` go before what the flags say about context and Dockerfile.
    """
    _writable("--metadata-file", flags.metadata_file)
    _writable("--iidfile", flags.iidfile)
    # The flags come first: a Dockerfile on the standard input is read last.
    exports = outputs.exports(flags.output or (), load=flags.load, push=flags.push)
    tags = tuple(names.full_name("--tag", tag) for tag in flags.tag or ())
    progress = _progress(flags)
    request, told_as = _request(flags, sources)
    return Plan(
        request=request,
        exports=exports,
        names=tuple(dict.fromkeys(tags)),
        annotations=values.annotations(flags.annotation or ()),
        builder=builder_url(flags.builder),
        dockerfile=told_as,
        progress=progress,
        keys=supplies.agents(flags.ssh or ()).keys,
    )


def _request(flags: Flags, given: contexts.Sources | None) -> "tuple[BuildRequest, str]":
    from dataclasses import replace

    request = without_sources(flags, serves_keys=True)
    found = given or contexts.sources(flags.context, flags.file)
    options = dict(request.frontend_options)
    if found.remote_name:
        options["filename"] = found.remote_name
    sourced = replace(
        request, context=found.context, dockerfile=found.dockerfile, frontend_options=options
    )
    return sourced, found.told_as


def without_sources(flags: Flags, *, serves_keys: bool = False) -> "BuildRequest":
    """All that the flags say but for where the files are; `serves_keys` as in `Plan.keys`."""
    from buildkit_client.request import BuildRequest

    if flags.network not in _NETWORKS:
        raise BadUsage(f"--network takes default, host or none, not '{flags.network}'.")
    attestations = attached.attestations(flags.attest or (), flags.provenance, flags.sbom)
    skipped = values.listed(flags.no_cache_filter or ())
    agents = supplies.agents(flags.ssh or ())
    if agents.keys and not serves_keys:
        raise BadUsage("--ssh takes sockets of agents here: load the key with ssh-add.")
    options = dict(attestations.options)
    if flags.cgroup_parent:
        options["cgroup-parent"] = flags.cgroup_parent
    return BuildRequest(
        contexts=contexts.named_contexts(flags.build_context or ()),
        target=flags.target,
        platforms=values.listed(flags.platform or ()),
        args=values.arguments(flags.build_arg or ()),
        labels=values.labels(flags.label or ()),
        secrets=supplies.secrets(flags.secret or ()),
        ssh=agents.sockets,
        cache_from=attached.caches("--cache-from", flags.cache_from or ()),
        cache_to=attached.caches("--cache-to", flags.cache_to or ()),
        no_cache=True if flags.no_cache else skipped or False,
        pull=flags.pull,
        network=_NETWORKS[flags.network],
        extra_hosts=values.hosts(flags.add_host or ()),
        shm_size=values.size("--shm-size", flags.shm_size) if flags.shm_size else 0,
        ulimits=values.limits(flags.ulimit or ()),
        entitlements=_entitlements(flags.allow or ()),
        provenance=attestations.provenance,
        sbom=attestations.sbom,
        frontend_options=options,
    )


def _entitlements(words: Iterable[str]) -> tuple[str, ...]:
    found = values.listed(words)
    for name in found:
        if name not in ("network.host", "security.insecure") and not name.startswith("device"):
            raise BadUsage(
                f"--allow {name}: it takes network.host, security.insecure or device=NAME; reimage "
                "reads and writes no files but those that its flags name."
            )
    return found


def builder_url(given: str) -> str:
    """As a URL; empty for the one that is found."""
    name = given or os.environ.get("BUILDX_BUILDER", "")
    return name if not name or "://" in name else f"buildx://{name}"


def _progress(flags: Flags) -> str:
    kind = flags.progress or os.environ.get("BUILDKIT_PROGRESS", "") or "auto"
    if kind not in PROGRESS:
        raise BadUsage(f"--progress takes auto, plain, tty, quiet or rawjson, not '{kind}'.")
    if flags.quiet and flags.progress not in ("", "quiet", "none"):
        raise BadUsage(f"--quiet and --progress={kind} exclude one another.")
    return "quiet" if flags.quiet or kind == "none" else kind


def _writable(flag: str, place: str | None) -> None:
    if place is not None and (Path(place).is_dir() or not Path(place).parent.is_dir()):
        raise BadUsage(f"{flag} {place}: there is no such place to write to.")
