"""What a registry is asked for, and its answer read as the image room reads manifests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from reimage.image import manifests
from reimage.image.errors import ImageError
from reimage.image.manifests import INDEXES, MANIFESTS, Index, Manifest
from reimage.registry.errors import BadAnswer

ACCEPTED = ", ".join((*INDEXES, *MANIFESTS))


def check_media_type(media_type: str, what: str) -> None:
    """Refuse what nobody should use any more, and what is no image."""
    with _as_answers():
        manifests.check_media_type(media_type, what)


def read_manifest(body: bytes, header: str, what: str) -> Index | Manifest:
    """A manifest or an index. `header` is the media type that the registry told, or ""."""
    with _as_answers():
        return manifests.parse(body, what, header)


@contextmanager
def _as_answers() -> Iterator[None]:
    try:
        yield
    except ImageError as error:
        raise BadAnswer(str(error).rstrip(".")) from error
