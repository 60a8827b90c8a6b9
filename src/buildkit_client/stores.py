"""Folders of this machine whose content the builder reads and writes: caches, layouts, results."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from buildkit_client import layouts
from buildkit_client.attributes import Sources
from buildkit_client.errors import ExportFailed
from buildkit_client.outputs import OciDirectory
from buildkit_client.request import BuildRequest, Cache
from buildkit_client.session.content import Store

# The builder knows one store for results.
_EXPORT = "export"


def stores(request: BuildRequest, sources: Sources) -> dict[str, Store]:
    """The folders by the ids under which the builder asks for them."""
    found = {name: Store(folder) for name, folder in sources.stores.items()}
    for cache in (*request.cache_from, *request.cache_to):
        for key in ("src", "dest"):
            if folder := _local(cache, key):
                found[f"local:{folder}"] = Store(Path(folder))
                layouts.check(Path(folder))
    for output in request.outputs:
        if isinstance(output, OciDirectory):
            found[_EXPORT] = Store(output.path, output.known)
            layouts.check(output.path)
    return found


def finish(request: BuildRequest, response: Mapping[str, str]) -> None:
    """Write into the index of each folder what the builder put there."""
    if manifest := response.get("cache.manifest"):
        for cache in request.cache_to:
            if folder := _local(cache, "dest"):
                tag = cache.options.get("tag", layouts.LATEST)
                with _told(folder):
                    layouts.put(Path(folder), json.loads(manifest), tag)
    if described := response.get("containerimage.descriptor"):
        names = response.get("image.name", "").split(",")
        for output in request.outputs:
            if isinstance(output, OciDirectory):
                with _told(output.path):
                    layouts.put_image(output.path, json.loads(base64.b64decode(described)), names)


@contextmanager
def _told(folder: object) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise ExportFailed(f"the index of {folder} cannot be written: {reason}") from error


def _local(cache: Cache, key: str) -> str:
    return cache.options.get(key, "") if cache.kind == "local" else ""
