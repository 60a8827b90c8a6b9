"""Indexes and manifests: OCI's, and Docker's of schema 2, which mean the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from reimage.image.digests import digest_of, is_digest
from reimage.image.errors import Damaged, NotAnImage, Unsupported
from reimage.image.json_values import Json, parse_object
from reimage.image.platforms import Platform

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEXES = (OCI_INDEX, DOCKER_LIST)
MANIFESTS = (OCI_MANIFEST, DOCKER_MANIFEST)
_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+"
_CONFIGURATIONS = (
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
    "",
)
_CREATED = "org.opencontainers.image.created"


class Descriptor(NamedTuple):
    """What a manifest or index says about a blob: `size` in bytes, -1 where it is not told."""

    digest: str
    size: int = -1
    media_type: str = ""
    annotations: Mapping[str, str] = {}
    platform: Platform | None = None
    artifact_type: str = ""

    @property
    def is_attestation(self) -> bool:
        return self.annotations.get("vnd.docker.reference.type") == "attestation-manifest"

    @property
    def about(self) -> str:
        """The digest of the image that an attestation is about."""
        return self.annotations.get("vnd.docker.reference.digest", "")

    @property
    def created(self) -> str | None:
        """When the image was made, as RFC 3339 writes it, where that is told."""
        return self.annotations.get(_CREATED)

    def check(self, data: bytes) -> bytes:
        """The data, if it is what the descriptor describes; else Damaged."""
        found = digest_of(data, like=self.digest)
        if found != self.digest:
            raise Damaged(f"{self.digest} was promised, but {found} is there.")
        return data


class Manifest(NamedTuple):
    """One image for one platform: its configuration and its layers, lowest first."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = {}

    @property
    def size(self) -> int:
        """The compressed layers, in bytes, as far as the manifest tells."""
        return sum(max(layer.size, 0) for layer in self.layers)


class Index(NamedTuple):
    """Several images, or one for several platforms."""

    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = {}


def check_media_type(media_type: str, what: str) -> None:
    """NotAnImage for what nobody should use any more, and for what is no image."""
    if media_type.startswith(_SCHEMA1):
        raise NotAnImage(
            f"{what} has a manifest of the schema 1, which Docker gave up in 2019: its owner has "
            "to push it again."
        )
    if media_type and media_type not in (*INDEXES, *MANIFESTS):
        raise NotAnImage(f"{what} is no image: its media type is {media_type[:80]}.")


def parse(data: bytes, what: str = "The image", told: str = "") -> Manifest | Index:
    """Read either. `what` names the image in errors, `told` is the media type that came with it.

    Damaged or NotAnImage for anything else.
    """
    found = parse_object(data, f"The manifest of {what}")
    media_type = found.text("mediaType") or told.partition(";")[0].strip()
    if found.number("schemaVersion") == 1:
        media_type = _SCHEMA1
    if media_type == "application/json":
        media_type = ""
    check_media_type(media_type, what)
    annotations = found.mapping("annotations")
    if media_type in INDEXES or (
        not media_type and found.has("manifests") and not found.has("config")
    ):
        return Index(_descriptors(found, "manifests", what), annotations)
    if not found.has("config"):
        raise NotAnImage(f"{what} names no configuration: this is no image that runs.")
    config = _descriptor(found.inner("config"), what)
    return Manifest(config, _descriptors(found, "layers", what), annotations)


def check_runs(manifest: Manifest) -> None:
    """NotAnImage for charts, signatures and other things that are kept like images."""
    kind = manifest.config.media_type
    if kind not in _CONFIGURATIONS:
        raise NotAnImage(f"The manifest is that of something else than an image ({kind}).")
    for layer in manifest.layers:
        if "+encrypted" in layer.media_type:
            raise Unsupported("A layer of the image is encrypted.")
        if not layer.digest.startswith("sha256:"):
            raise Unsupported("A layer of the image has a digest of another kind than SHA-256.")


def _descriptors(found: Json, key: str, what: str) -> tuple[Descriptor, ...]:
    if found.has(key) and not isinstance(found.values[key], list):
        raise Damaged(f"The manifest of {what} lacks its list of {key}.")
    return tuple(_descriptor(item, what) for item in found.objects(key))


def _descriptor(item: Json, what: str) -> Descriptor:
    digest = item.text("digest")
    if not is_digest(digest):
        shown = f": {digest[:80]!r}" if digest else ""
        raise Damaged(f"The manifest of {what} has a digest that is none{shown}.")
    size = item.number("size") if item.has("size") else -1
    return Descriptor(
        digest,
        max(size, -1),
        item.text("mediaType"),
        item.mapping("annotations"),
        _platform(item.inner("platform")),
        item.text("artifactType"),
    )


def _platform(item: Json) -> Platform | None:
    if not item.values:
        return None
    return Platform(*(item.text(key) for key in ("os", "architecture", "variant", "os.version")))
