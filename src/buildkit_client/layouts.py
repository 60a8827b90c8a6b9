"""OCI image layouts of this machine: what their index says, read and written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from buildkit_client.errors import BadRequest
from buildkit_client.replacing import alone, replace

LATEST = "latest"
_TAG = "org.opencontainers.image.ref.name"
_NAME = "io.containerd.image.name"
_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
_LARGEST_INDEX = 16 << 20

Descriptor = dict[str, object]


class Found(NamedTuple):
    """An image in a layout."""

    folder: Path
    digest: str


def find(place: str) -> Found:
    """Read `FOLDER`, `FOLDER:TAG` or `FOLDER@DIGEST`. Raises `BadRequest` for no such image.

    Without a tag it is `latest`, or the only image that there is.
    """
    name, _, digest = place.partition("@")
    folder, tag = Path(name), ""
    if not folder.is_dir():
        before, colon, after = name.rpartition(":")
        if colon and "/" not in after:
            folder, tag = Path(before), after
    if not (folder / "index.json").is_file():
        raise BadRequest(f"{folder} is not an OCI image layout: it has no index.json")
    found = digest or digest_of(folder, tag or LATEST)
    if not found and not tag:
        digests = {str(entry.get("digest", "")) for entry in _entries(folder)}
        found = digests.pop() if len(digests) == 1 else ""
    if not found:
        raise BadRequest(f"{folder} has no image with the tag '{tag or LATEST}'")
    return Found(folder, found)


def digest_of(folder: Path, tag: str) -> str:
    """The digest that a tag stands for, or nothing."""
    for entry in _entries(folder):
        digest = entry.get("digest")
        if _annotation(entry, _TAG) == tag and isinstance(digest, str):
            return digest
    return ""


def check(folder: Path) -> None:
    """Raise `BadRequest` if there is an index to which nothing can be added."""
    _entries(folder)


def put(folder: Path, descriptor: Descriptor, tag: str, *, name: str = "") -> None:
    """Let a tag stand for what `descriptor` describes, and for nothing else any more."""
    annotations = {_TAG: tag} | ({_NAME: name} if name else {})
    described = descriptor.get("annotations")
    kept = described if isinstance(described, dict) else {}
    entry = descriptor | {"annotations": kept | annotations}
    with alone(folder):
        others = [other for other in _entries(folder) if not _same(other, tag, name)]
        index = {"schemaVersion": 2, "manifests": [*others, entry]}
        replace(folder / "oci-layout", _LAYOUT, mode=0o644)
        replace(folder / "index.json", json.dumps(index).encode(), mode=0o644)


def put_image(folder: Path, descriptor: Descriptor, names: Iterable[str]) -> None:
    """Add an image under its names; one without a name is the `latest`."""
    named = [name for name in names if name]
    for name in named:
        tag = name.rpartition(":")[2]
        put(folder, descriptor, LATEST if not tag or "/" in tag else tag, name=name)
    if not named:
        put(folder, descriptor, LATEST)


def _same(entry: Descriptor, tag: str, name: str) -> bool:
    return _annotation(entry, _TAG) == tag and (_annotation(entry, _NAME) or "") == name


def _entries(folder: Path) -> list[Descriptor]:
    try:
        with (folder / "index.json").open("rb") as file:
            index: object = json.loads(file.read(_LARGEST_INDEX))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        # To write another one would be the end of the images in it.
        why = error.strerror if isinstance(error, OSError) else "it is no JSON"
        raise BadRequest(f"{folder / 'index.json'} cannot be read: {why}") from error
    found = index.get("manifests") if isinstance(index, dict) else None
    return [entry for entry in found or () if isinstance(entry, dict)]


def _annotation(entry: Descriptor, key: str) -> object:
    annotations = entry.get("annotations")
    return annotations.get(key) if isinstance(annotations, dict) else None
