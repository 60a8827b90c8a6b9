"""Indexes and manifests: OCI's, and Docker's of schema 2, which mean the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import NamedTuple

from reimage.image.errors import Damaged, NotAnImage, Unsupported
from reimage.image.json_values import Json, parse_object
from reimage.image.platforms import Platform

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_CONFIGURATIONS = (
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
    "",
)


class Descriptor(NamedTuple):
    """What a manifest or index says about a blob."""

    digest: str
    size: int
    media_type: str
    annotations: Mapping[str, str]
    platform: Platform | None = None

    @property
    def is_attestation(self) -> bool:
        return self.annotations.get("vnd.docker.reference.type") == "attestation-manifest"

    @property
    def about(self) -> str:
        """The digest of the image that an attestation is about."""
        return self.annotations.get("vnd.docker.reference.digest", "")

    def check(self, data: bytes) -> bytes:
        """The data, if it is what the descriptor describes; else Damaged."""
        found = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if found != self.digest:
            raise Damaged(f"{self.digest} was promised, but {found} is there.")
        return data


class Manifest(NamedTuple):
    """One image for one platform."""

    config: Descriptor
    layers: tuple[Descriptor, ...]


class Index(NamedTuple):
    """Several images, or one for several platforms."""

    manifests: tuple[Descriptor, ...]


def parse(data: bytes) -> Manifest | Index:
    """Read either; which one it is its content says. Damaged or NotAnImage for anything else."""
    found = parse_object(data, "A manifest of the image")
    if found.text("mediaType") in _INDEXES or (found.has("manifests") and not found.has("config")):
        return Index(tuple(_descriptor(item) for item in found.objects("manifests")))
    if not found.has("config"):
        raise NotAnImage("The manifest names no configuration: this is no image that runs.")
    return Manifest(
        _descriptor(found.inner("config")),
        tuple(_descriptor(item) for item in found.objects("layers")),
    )


def check_runs(manifest: Manifest) -> None:
    """NotAnImage for charts, signatures and other things that are kept like images."""
    kind = manifest.config.media_type
    if kind not in _CONFIGURATIONS:
        raise NotAnImage(f"The manifest is that of something else than an image ({kind}).")
    for layer in manifest.layers:
        if "+encrypted" in layer.media_type:
            raise Unsupported("A layer of the image is encrypted.")


def _descriptor(item: Json) -> Descriptor:
    digest = item.text("digest")
    if not _DIGEST.fullmatch(digest):
        raise Damaged(f"A manifest has a digest that is none, or none of SHA-256: {digest[:80]!r}.")
    platform = item.inner("platform")
    return Descriptor(
        digest,
        item.number("size"),
        item.text("mediaType"),
        item.mapping("annotations"),
        Platform(platform.text("os"), platform.text("architecture"), platform.text("variant"))
        if platform.values
        else None,
    )
