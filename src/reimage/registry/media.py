"""Manifests and indexes of every media type, read into plain data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from reimage.model.images.references import is_digest
from reimage.registry.errors import BadAnswer
from reimage.registry.platforms import Platform

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+"
INDEXES = (OCI_INDEX, DOCKER_LIST)
MANIFESTS = (OCI_MANIFEST, DOCKER_MANIFEST)
ACCEPTED = ", ".join((*INDEXES, *MANIFESTS))
_CREATED = "org.opencontainers.image.created"


class Descriptor(NamedTuple):
    """A pointer to content: `size` in bytes, -1 where it is not told."""

    media_type: str
    digest: str
    size: int = -1
    platform: Platform | None = None
    annotations: Mapping[str, str] = {}
    artifact_type: str = ""

    @property
    def created(self) -> str | None:
        """When the image was made, as RFC 3339 writes it, where the registry tells."""
        return self.annotations.get(_CREATED)


class Index(NamedTuple):
    """One image for several platforms."""

    media_type: str
    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str]


class ImageManifest(NamedTuple):
    """One image: its configuration and its layers, lowest first."""

    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str]


def check_media_type(media_type: str, what: str) -> None:
    """Refuse what nobody should use any more, and what is no image."""
    if media_type.startswith(_SCHEMA1):
        raise BadAnswer(
            f"{what} has a manifest of the schema 1, which Docker gave up in 2019: its owner has "
            "to push it again"
        )
    if media_type and media_type not in (*INDEXES, *MANIFESTS):
        raise BadAnswer(f"{what} is no image: its media type is {media_type[:80]}")


def read_manifest(body: bytes, header: str, what: str) -> Index | ImageManifest:
    """A manifest or an index. `header` is the media type that the registry told, or ""."""
    table = _table(body, what)
    media_type = _text(table.get("mediaType")) or header.partition(";")[0].strip()
    if not media_type or media_type == "application/json":
        media_type = OCI_INDEX if "manifests" in table else OCI_MANIFEST
    if table.get("schemaVersion") == 1:
        media_type = _SCHEMA1
    check_media_type(media_type, what)
    annotations = _strings(table.get("annotations"))
    if media_type in INDEXES:
        found = [_descriptor(each, what) for each in _list(table.get("manifests"), what)]
        return Index(media_type, tuple(found), annotations)
    layers = [_descriptor(each, what) for each in _list(table.get("layers"), what)]
    config = _descriptor(table.get("config"), what)
    return ImageManifest(media_type, config, tuple(layers), annotations)


def _table(body: bytes, what: str) -> dict[str, Any]:
    try:
        table: object = json.loads(body)
    except (ValueError, RecursionError):
        table = None
    if not isinstance(table, dict):
        raise BadAnswer(f"The manifest of {what} is not JSON")
    return table


def _descriptor(value: object, what: str) -> Descriptor:
    if not isinstance(value, dict) or not is_digest(_text(value.get("digest"))):
        raise BadAnswer(f"The manifest of {what} points to something without a digest")
    size = value.get("size")
    return Descriptor(
        _text(value.get("mediaType")),
        value["digest"],
        size if isinstance(size, int) and size >= 0 else -1,
        _platform(value.get("platform")),
        _strings(value.get("annotations")),
        _text(value.get("artifactType")),
    )


def _platform(value: object) -> Platform | None:
    if not isinstance(value, dict):
        return None
    names = (_text(value.get(name)) for name in ("os", "architecture", "variant", "os.version"))
    return Platform(*names)


def _list(value: object, what: str) -> list[object]:
    if not isinstance(value, list):
        raise BadAnswer(f"The manifest of {what} lacks its list of contents")
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _strings(value: object) -> Mapping[str, str]:
    pairs = value.items() if isinstance(value, dict) else ()
    return {key: text for key, text in pairs if isinstance(text, str)}
