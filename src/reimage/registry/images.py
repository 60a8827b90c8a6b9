"""An image of a registry, of which no more is fetched than is looked at.

The manifest tells sizes. The configuration comes when it is asked for, layers when the image is
read: they pass by once, and none is stored.
"""

from __future__ import annotations

from functools import cached_property

from reimage.image import config
from reimage.image.anatomy import Image
from reimage.image.config import Configuration
from reimage.image.errors import ImageError, Unbounded
from reimage.image.layers import LayerContent, Reading
from reimage.image.manifests import Descriptor, Index, Manifest
from reimage.image.platforms import Platform, of_this_machine
from reimage.image.sources.layouts import read_image
from reimage.image.sources.stores import blob_name
from reimage.model.images.references import Reference
from reimage.registry.client import Registry
from reimage.registry.errors import BadAnswer


class RemoteImage:
    """The image of one platform. What asks the registry raises RegistryError.

    `attestations` are the manifests that the index keeps about it.
    """

    def __init__(
        self,
        registry: Registry,
        reference: Reference,
        digest: str,
        manifest: Manifest,
        attestations: tuple[Descriptor, ...] = (),
    ) -> None:
        self.registry = registry
        self.reference = reference
        self.digest = digest
        self.manifest = manifest
        self.attestations = attestations

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Compressed bytes of each layer, lowest first; -1 where the manifest does not tell."""
        return tuple(layer.size for layer in self.manifest.layers)

    @property
    def compressed_size(self) -> int:
        return self.manifest.size

    @cached_property
    def configuration(self) -> Configuration:
        data = self.registry.blob(self.reference, self.manifest.config.digest)
        try:
            return config.parse(data)
        except ImageError as error:
            raise BadAnswer(f"The configuration of {self.reference} is not JSON") from error

    def read(self, reading: Reading | None = None) -> Image:
        """Fetch all layers, each checked against its digest. Raises an ImageError, too."""
        reading = reading or Reading()
        limits = reading.meter.limits
        if self.compressed_size > limits.unpacked:
            raise Unbounded(
                f"{self.reference} has {self.compressed_size} bytes of layers; {limits.unpacked} "
                "are read."
            )
        store = _RegistryStore(self, reading)
        offered = (Descriptor(self.digest, platform=_ANY), *self.attestations)
        return read_image(store, offered, names=(str(self.reference),), limits=limits)


_ANY = Platform("linux", "")
"""The choice was made already; read_image need not look into the configuration for it."""


def remote_image(
    registry: Registry, reference: Reference, platform: Platform | None = None
) -> RemoteImage:
    """The image for a platform, by default this machine's; takes one or two requests."""
    found = registry.manifest(reference)
    digest, manifest = registry.image(reference, platform or of_this_machine(), found)
    attestations = (
        tuple(each for each in found.content.manifests if each.about == digest)
        if isinstance(found.content, Index)
        else ()
    )
    return RemoteImage(registry, reference, digest, manifest, attestations)


class _RegistryStore:
    """Blobs of a repository by the names that an image layout gives them."""

    def __init__(self, image: RemoteImage, reading: Reading) -> None:
        self._image = image
        self._reading = reading
        self._layers: dict[str, LayerContent] = {}
        heads = (image.digest, *(each.digest for each in image.attestations))
        self._manifests = {blob_name(digest) for digest in heads}
        self._sizes = {blob_name(each.digest): each.size for each in image.manifest.layers}

    def document(self, name: str) -> bytes | None:
        """A manifest, configuration or attestation."""
        registry, reference, digest = self._image.registry, self._image.reference, _digest(name)
        meter = self._reading.meter
        if name in self._manifests:
            data = registry.manifest(reference._replace(digest=digest)).body
        else:
            data = registry.blob(reference, digest, limit=meter.limits.document)
        meter.document(len(data))
        return data

    def layer(self, name: str) -> LayerContent | None:
        """A layer, unpacked while it arrives."""
        if name not in self._layers:
            size = self._sizes.get(name, -1)
            if size < 0:
                raise BadAnswer(f"The manifest of {self._image.reference} lacks the size of layers")
            registry, reference = self._image.registry, self._image.reference
            with registry.open_blob(reference, _digest(name), size) as pieces:
                self._layers[name] = self._reading.layer(pieces)
        return self._layers[name]


def _digest(name: str) -> str:
    return name.removeprefix("blobs/").replace("/", ":", 1)
