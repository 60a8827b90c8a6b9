"""An image and its layers, wherever they came from. Read-only: accessors, nothing that changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reimage.image.compression import Compression
    from reimage.image.config import Configuration, HistoryEntry, ImageConfig
    from reimage.image.entries import Entry
    from reimage.image.platforms import Platform


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer, lowest first. Sizes are bytes."""

    index: int
    digest: str
    """Of the layer as it is stored; equal to `diff_id` where it is stored unpacked."""
    diff_id: str
    media_type: str
    """As the manifest says; empty in an old `docker save`."""
    compression: Compression
    compressed_size: int | None
    """None where the layer is stored unpacked, so that nobody knows."""
    unpacked_size: int
    """Of the tar file, headers included."""
    content_size: int
    """Of the files in it. `docker history` adds the lengths of symbolic links."""
    entries: tuple[Entry, ...]
    """In the order of the tar file, whiteouts included."""
    history: HistoryEntry | None
    """The step that made it, where the image's history fits its layers."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """What a builder says about the image, as an in-toto statement: provenance or an SBOM."""

    predicate_type: str
    statement: bytes


@dataclass(frozen=True, slots=True)
class Image:
    """An image for one platform."""

    names: tuple[str, ...]
    """As the archive tells them, or as it was asked for; possibly none."""
    digest: str
    """Of the manifest; empty in an old `docker save`, which has none."""
    config_digest: str
    """What Docker's older store calls the image's ID."""
    configuration: Configuration
    layers: tuple[Layer, ...]
    attestations: tuple[Attestation, ...] = ()

    @property
    def platform(self) -> Platform:
        return self.configuration.platform

    @property
    def config(self) -> ImageConfig:
        return self.configuration.config

    @property
    def history(self) -> tuple[HistoryEntry, ...]:
        """All steps, those without a layer too."""
        return self.configuration.history

    @property
    def content_size(self) -> int:
        """The files of all layers."""
        return sum(layer.content_size for layer in self.layers)

    @property
    def unpacked_size(self) -> int:
        return sum(layer.unpacked_size for layer in self.layers)

    @property
    def compressed_size(self) -> int | None:
        """What a registry would keep and send, without the manifest; None if nobody knows."""
        sizes = [layer.compressed_size for layer in self.layers]
        return None if None in sizes else sum(size for size in sizes if size is not None)
