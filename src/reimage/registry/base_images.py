"""What an image's configuration puts in force, as the facts that the model knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from reimage.model.images.facts import BaseImage
from reimage.model.images.references import Reference
from reimage.registry.client import Registry
from reimage.registry.errors import BadAnswer
from reimage.registry.media import ImageManifest, Index
from reimage.registry.platforms import Platform

_LINUX = Platform("linux", "amd64")
_BEFORE_DOCKER = datetime(2013, 1, 1, tzinfo=UTC)
"""Builds that can be repeated write a date of long ago."""


def base_image(registry: Registry, image: Reference, platform: Platform = _LINUX) -> BaseImage:
    """The facts of the image for one platform."""
    digest, manifest = registry.image(image, platform)
    return read_base_image(digest, str(platform), manifest, _config(registry, image, manifest))


def read_base_image(
    digest: str, platform: str, manifest: ImageManifest, config: Mapping[str, object]
) -> BaseImage:
    """The facts in a manifest and a configuration; what has another type than it should is left."""
    table = config.get("config")
    inner: Mapping[str, object] = table if isinstance(table, dict) else {}
    pairs = (each.partition("=") for each in _texts(inner.get("Env")))
    labels = inner.get("Labels")
    return BaseImage(
        digest=digest,
        platform=platform,
        env={name: value for name, _, value in pairs if name},
        user=_text(inner.get("User")),
        workdir=_text(inner.get("WorkingDir")),
        entrypoint=_texts(inner.get("Entrypoint")),
        command=_texts(inner.get("Cmd")),
        shell=_texts(inner.get("Shell")),
        labels={
            name: value
            for name, value in (labels.items() if isinstance(labels, dict) else ())
            if isinstance(value, str)
        },
        exposed=_texts(inner.get("ExposedPorts")),
        volumes=_texts(inner.get("Volumes")),
        on_build=_texts(inner.get("OnBuild")),
        layers=len(manifest.layers),
        size=sum(max(layer.size, 0) for layer in manifest.layers),
    )


def created(registry: Registry, image: Reference) -> datetime | None:
    """When the image was made: by the annotations of its index, else by its configuration."""
    content = registry.manifest(image).content
    told = [_time(content.annotations.get("org.opencontainers.image.created"))]
    if isinstance(content, Index):
        told += [_time(each.created) for each in content.manifests]
    known = [each for each in told if each]
    if known:
        return max(known)
    manifest = content
    if isinstance(manifest, Index):
        images = [
            each for each in manifest.manifests if each.platform and each.platform.os != "unknown"
        ]
        if not images:
            return None
        inner = registry.manifest(image._replace(digest=images[0].digest)).content
        if isinstance(inner, Index):
            return None
        manifest = inner
    return _time(_config(registry, image, manifest).get("created"))


def _config(registry: Registry, image: Reference, manifest: ImageManifest) -> Mapping[str, object]:
    try:
        config: object = json.loads(registry.blob(image, manifest.config.digest))
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise BadAnswer(f"The configuration of {image} is not JSON")
    return config


def _time(value: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if time is None:
        return None
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    return time if time > _BEFORE_DOCKER else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    """The strings of a list, or the names of a table, as ports and volumes are written."""
    found = value if isinstance(value, list | dict) else ()
    return tuple(each for each in found if isinstance(each, str))
