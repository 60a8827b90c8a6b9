"""Images that a builder sends blob by blob: each layer comes and is read once, however many share
it."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from reimage.image.closure.finding import keep
from reimage.image.layers import Reading
from reimage.image.manifests import Descriptor
from reimage.image.sources.folder import FolderStore
from reimage.image.sources.layouts import read_image
from reimage.image.sources.stores import blob_name, digest_of
from reimage.verify.subjects import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from reimage.image.contents import Contents
    from reimage.image.layers import LayerContent


class Unsent(Exception):
    """A layer was not sent, as it was believed not to be needed."""


class Received:
    """The blobs below `folder`, an image layout. Builders are told that they need not send what is
    `known`: layers that were read, of which no file is left, and those that nobody wants."""

    def __init__(self, folder: Path, contents: Contents) -> None:
        self.folder = folder
        self.known: set[str] = set()
        self._contents = contents
        self._layers: dict[str, LayerContent] = {}
        self._lock = Lock()

    def do_not_send(self, digests: Iterable[str]) -> None:
        """Layers that will hardly be read."""
        self.known.update(digests)

    def send_all(self) -> None:
        """They are wanted after all."""
        with self._lock:
            self.known.intersection_update(self._layers)

    def subject(self, digest: str) -> Subject:
        """The image of a manifest. Raises an ImageError, or Unsent."""
        with self._lock:  # contents are put aside one after the other
            reading = Reading(contents=self._contents, keep=keep)
            image = read_image(
                _Once(self, reading), (Descriptor(digest),), limits=reading.meter.limits
            )
            return Subject(image, self._contents)

    def layer(self, digest: str, read: Callable[[], LayerContent | None]) -> LayerContent:
        """Read once, then let go. Raises Unsent."""
        if digest not in self._layers:
            found = read()
            if found is None:
                raise Unsent(digest)
            self._layers[digest] = found
            self.known.add(digest)
        # Only now, when nobody sends it any more; who was about to, may just have put it there.
        (self.folder / blob_name(digest)).unlink(missing_ok=True)
        return self._layers[digest]


class _Once(FolderStore):
    """Remembers layers beyond the file that they came in."""

    def __init__(self, received: Received, reading: Reading) -> None:
        super().__init__(received.folder, reading)
        self._received = received

    def layer(self, name: str) -> LayerContent:
        """Raises Unsent."""
        return self._received.layer(digest_of(name), lambda: super(_Once, self).layer(name))
