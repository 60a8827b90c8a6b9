"""What all sources have in common: blobs under names, as an image layout has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from reimage.image.errors import Damaged

if TYPE_CHECKING:
    from reimage.image.layers import LayerContent

INDEX = "index.json"
DOCKER_MANIFEST = "manifest.json"
PIECE = 1 << 20
"""Bytes that are read at once."""


class Store(Protocol):
    """Blobs by name. A missing one is None; a damaged or too large one raises an ImageError."""

    def document(self, name: str) -> bytes | None:
        """A manifest, configuration or attestation, whole."""

    def layer(self, name: str) -> LayerContent | None:
        """A layer, read once: the same content for the same name."""


def blob_name(digest: str) -> str:
    """Where an image layout keeps a blob. The digest was checked to be one."""
    kind, _, value = digest.partition(":")
    return f"blobs/{kind}/{value}"


def digest_of(name: str) -> str:
    """The digest of a blob, by its place in an image layout."""
    kind, _, value = name.removeprefix("blobs/").partition("/")
    return f"{kind}:{value}"


def needed_document(store: Store, name: str) -> bytes:
    """A document that must be there."""
    found = store.document(name)
    if found is None:
        raise Damaged(f"The image lacks {name}.")
    return found


def needed_layer(store: Store, name: str) -> LayerContent:
    """A layer that must be there."""
    found = store.layer(name)
    if found is None:
        raise Damaged(f"The image lacks the layer {name}.")
    return found
