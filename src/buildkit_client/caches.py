"""Caches in folders of this machine: an OCI layout whose index is written and read on this side."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from buildkit_client.request import Cache

_LOCAL = "local"
_TAG = "org.opencontainers.image.ref.name"
_LATEST = "latest"
_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'


def importable(caches: Iterable[Cache]) -> list[dict[str, object]]:
    """Caches to read, as the frontend takes them. A folder without a cache is left out."""
    found: list[dict[str, object]] = []
    for cache in caches:
        options = dict(cache.options)
        if cache.kind == _LOCAL and "digest" not in options:
            digest = _latest(Path(options.get("src", "")), options.pop("tag", _LATEST))
            if not digest:
                continue
            options["digest"] = digest
        found.append({"Type": cache.kind, "Attrs": options})
    return found


def stores(caches: Iterable[Cache]) -> dict[str, Path]:
    """Folders of caches by the ids under which the builder asks for them."""
    found = {}
    for cache in caches:
        for key in ("src", "dest"):
            if cache.kind == _LOCAL and (folder := cache.options.get(key)):
                found[f"local:{folder}"] = Path(folder)
    return found


def finish(caches: Iterable[Cache], response: Mapping[str, str]) -> None:
    """Write into the index of each folder what the builder put there."""
    manifest = response.get("cache.manifest")
    if not manifest:
        return
    for cache in caches:
        if cache.kind == _LOCAL and (folder := cache.options.get("dest")):
            _put(Path(folder), json.loads(manifest), cache.options.get("tag", _LATEST))


def _put(folder: Path, descriptor: dict[str, object], tag: str) -> None:
    descriptor["annotations"] = {_TAG: tag}
    others = [entry for entry in _entries(folder) if _tag(entry) != tag]
    index = {"schemaVersion": 2, "manifests": [*others, descriptor]}
    partial = folder / ".index.json"
    partial.write_text(json.dumps(index))
    partial.replace(folder / "index.json")
    (folder / "oci-layout").write_bytes(_LAYOUT)


def _latest(folder: Path, tag: str) -> str:
    for entry in _entries(folder):
        digest = entry.get("digest")
        if _tag(entry) == tag and isinstance(digest, str):
            return digest
    return ""


def _entries(folder: Path) -> list[dict[str, object]]:
    try:
        index: object = json.loads((folder / "index.json").read_bytes())
    except (OSError, ValueError):
        return []
    found = index.get("manifests") if isinstance(index, dict) else None
    return [entry for entry in found or () if isinstance(entry, dict)]


def _tag(entry: dict[str, object]) -> object:
    annotations = entry.get("annotations")
    return annotations.get(_TAG) if isinstance(annotations, dict) else None
