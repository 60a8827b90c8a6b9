"""How much of an image is read before it is refused. Strangers make images."""

from __future__ import annotations

from typing import NamedTuple

from reimage.image.errors import Unbounded


class Limits(NamedTuple):
    """Bounds for one image; sizes in bytes. Each can be raised by who trusts the image."""

    entries: int = 3_000_000
    """All layers together; an entry takes about 300 bytes of memory."""
    names: int = 1 << 30
    """All names of entries and what extended headers hold."""
    unpacked: int = 64 << 30
    """All layers unpacked, with the holes of sparse files."""
    ratio: int = 200
    """Unpacked to packed, once `unpacked_freely` is passed."""
    unpacked_freely: int = 2 << 30
    layers: int = 1_000
    document: int = 16 << 20
    """One manifest, configuration or attestation."""
    documents: int = 64 << 20
    header: int = 1 << 20
    """The extended header of one entry of a tar file."""
    path: int = 4096
    """Linux opens no longer path."""
    kept: int = 4 << 30
    """Content of files that is put aside in a temporary file."""


DEFAULT = Limits()


class Meter:
    """What has been read of one image so far. Raises Unbounded when it is too much."""

    __slots__ = ("_documents", "_entries", "_names", "_packed", "_unpacked", "limits")

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self.limits = limits
        self._packed = self._unpacked = self._entries = self._names = self._documents = 0

    def packed(self, size: int) -> None:
        """Bytes of layers as they are stored."""
        self._packed += size

    def unpacked(self, size: int) -> None:
        """Bytes of layers as they are used."""
        self._unpacked += size
        limits = self.limits
        if self._unpacked > limits.unpacked:
            raise Unbounded(f"The image unpacks to more than {limits.unpacked} bytes{_RAISE}")
        if self._unpacked > max(limits.unpacked_freely, limits.ratio * self._packed):
            raise Unbounded(
                f"The image unpacks to more than {limits.ratio} times its size, after "
                f"{self._packed} bytes of it{_RAISE}"
            )

    def entry(self, names: int) -> None:
        """An entry and the length of its names."""
        self._entries += 1
        if self._entries > self.limits.entries:
            raise Unbounded(f"The image has more than {self.limits.entries} entries{_RAISE}")
        self.names(names)

    def names(self, length: int) -> None:
        """Names and attributes that stay in memory."""
        self._names += length
        if self._names > self.limits.names:
            raise Unbounded(
                f"The names in the image are longer than {self.limits.names} bytes{_RAISE}"
            )

    def document(self, size: int) -> None:
        """A manifest or the like."""
        self._documents += size
        if size > self.limits.document or self._documents > self.limits.documents:
            raise Unbounded(f"The image's manifests are larger than is read{_RAISE}")


_RAISE = ", which is the limit; raise it if you trust whoever made the image."
