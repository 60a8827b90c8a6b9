"""A build request in the words of dockerfile.v0."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from buildkit_client import caches, layouts
from buildkit_client.errors import BadRequest
from buildkit_client.ignore import patterns_in_force, patterns_of
from buildkit_client.request import OCI_LAYOUT, Archive, BuildRequest
from buildkit_client.session import upload
from buildkit_client.session.trees import Directory, Files, Tree

_DOCKERFILE = "Dockerfile"
# What the builder asks for whatever the ignore file says.
_ALWAYS = (".dockerignore", _DOCKERFILE, f"{_DOCKERFILE}.dockerignore", _DOCKERFILE.lower())


class Sources(NamedTuple):
    """What the builder fetches of this side, and the attributes that say so."""

    trees: dict[str, Tree]
    folders: tuple[Path, ...]
    stores: dict[str, Path]
    attributes: dict[str, str]
    archives: dict[str, Archive]


def sources(request: BuildRequest) -> Sources:
    """The trees of a request by the names that FileSync asks for."""
    trees: dict[str, Tree] = {}
    folders: list[Path] = []
    stores: dict[str, Path] = {}
    attributes: dict[str, str] = {}
    archives: dict[str, Archive] = {}

    def offer(name: str, folder: Path) -> None:
        if not folder.is_dir():
            raise BadRequest(f"{folder} is not a directory")
        own = request.dockerfile or folder / _DOCKERFILE if name == "context" else None
        held_back = patterns_in_force(folder, own if isinstance(own, Path) else None)
        if name == "context" and request.ignore is not None:
            held_back = patterns_of(request.ignore)
        trees[name] = Directory(folder, held_back=held_back, always=_ALWAYS)
        folders.append(folder)

    if isinstance(request.context, Path):
        offer("context", request.context)
    elif request.context is None:
        trees["context"] = Files({})
    elif isinstance(request.context, Archive):
        archives[name := secrets.token_hex(12)] = request.context
        attributes["context"] = upload.PLACE + name
    else:
        attributes["context"] = request.context
    for name, place in request.contexts.items():
        if isinstance(place, Path):
            offer(f"context:{name}", place)
            attributes[f"context:{name}"] = f"local:context:{name}"
        elif place.startswith(OCI_LAYOUT):
            found = layouts.find(place.removeprefix(OCI_LAYOUT))
            # The builder wants a name: which one does not matter, for the digest says all.
            store = f"layout{len(stores)}"
            stores[f"oci:{store}"] = found.folder
            attributes[f"context:{name}"] = f"{OCI_LAYOUT}{store}@{found.digest}"
        else:
            attributes[f"context:{name}"] = place
    _dockerfile(request, trees, folders, attributes)
    return Sources(trees, tuple(folders), stores, attributes, archives)


def context_name(request: BuildRequest) -> str:
    """What the builder may show as the name of the context."""
    return "" if isinstance(request.context, Archive | None) else str(request.context)


def _dockerfile(
    request: BuildRequest, trees: dict[str, Tree], folders: list[Path], attributes: dict[str, str]
) -> None:
    match request.dockerfile:
        case bytes(text):
            files = {_DOCKERFILE: text}
            if request.ignore is not None:
                files[f"{_DOCKERFILE}.dockerignore"] = request.ignore
            elif isinstance(request.context, Path):
                # As if it lay in the context: that is where its ignore file is.
                ignore = request.context / ".dockerignore"
                if ignore.is_file():
                    files[f"{_DOCKERFILE}.dockerignore"] = ignore.read_bytes()
            trees["dockerfile"] = Files(files)
            attributes["filename"] = _DOCKERFILE
        case None if isinstance(request.context, Path):
            trees["dockerfile"] = trees["context"]
            attributes["filename"] = _DOCKERFILE
        case None if request.context is None:
            raise BadRequest("there is neither a context nor a Dockerfile")
        case None:  # the one in the repository that is fetched
            attributes["filename"] = request.frontend_options.get("filename", _DOCKERFILE)
        case path:
            if not path.is_file():
                raise BadRequest(f"there is no Dockerfile at {path}")
            only = (path.name, f"{path.name}.dockerignore", _DOCKERFILE.lower())
            trees["dockerfile"] = Directory(path.parent, held_back=["**"], always=only)
            folders.append(path.parent)
            attributes["filename"] = path.name


def attributes(request: BuildRequest) -> dict[str, str]:
    """What dockerfile.v0 is told, other than where its files are."""
    found: dict[str, str] = dict(_simple(request))
    found |= {f"build-arg:{name}": value for name, value in request.args.items()}
    found |= {f"label:{name}": value for name, value in request.labels.items()}
    if request.source_date_epoch is not None:
        found["build-arg:SOURCE_DATE_EPOCH"] = str(request.source_date_epoch)
    if request.cache_from:
        # The field of the request that is meant for these is not looked at by this frontend.
        found["cache-imports"] = json.dumps(caches.importable(request.cache_from))
    return found | dict(request.frontend_options)


def _simple(request: BuildRequest) -> Iterator[tuple[str, str]]:
    if request.target:
        yield "target", request.target
    if request.platforms:
        yield "platform", ",".join(request.platforms)
    if request.no_cache is not False:
        stages = () if request.no_cache is True else request.no_cache
        yield "no-cache", ",".join(stages)
    if request.pull:
        yield "image-resolve-mode", "pull"
    if request.network != "default":
        yield "force-network-mode", request.network
    if request.extra_hosts:
        hosts = [f"{name}={address}" for name, address in request.extra_hosts.items()]
        yield "add-hosts", ",".join(hosts)
    if request.shm_size:
        yield "shm-size", str(request.shm_size)
    if request.ulimits:
        yield "ulimit", ",".join(request.ulimits)
    if request.provenance:
        yield "attest:provenance", f"mode={request.provenance.mode}"
    if request.sbom:
        generator = request.sbom.generator
        yield "attest:sbom", f"generator={generator}" if generator else ""


def entitlements(request: BuildRequest) -> tuple[str, ...]:
    """What the build may do beyond the usual; host networking asks for its own."""
    given = set(request.entitlements)
    if request.network == "host":
        given.add("network.host")
    return tuple(sorted(given))
