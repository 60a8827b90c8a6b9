"""Caches to read, in the words of the frontend; one in a folder is an OCI layout."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from buildkit_client import layouts
from buildkit_client.request import Cache

_LOCAL = "local"


def importable(caches: Iterable[Cache]) -> list[dict[str, object]]:
    """Caches to read, as the frontend takes them. A folder without a cache is left out."""
    found: list[dict[str, object]] = []
    for cache in caches:
        options = dict(cache.options)
        if cache.kind == _LOCAL and "digest" not in options:
            tag = options.pop("tag", layouts.LATEST)
            digest = layouts.digest_of(Path(options.get("src", "")), tag)
            if not digest:
                continue
            options["digest"] = digest
        found.append({"Type": cache.kind, "Attrs": options})
    return found
