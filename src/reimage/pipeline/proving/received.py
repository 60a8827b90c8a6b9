"""Images that a builder sends blob by blob: each layer comes and is read once, however many share
it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from reimage.image.closure.finding import keep
from reimage.image.layers import Reading
from reimage.image.manifests import Descriptor
from reimage.image.sources.folder import FolderStore
from reimage.image.sources.layouts import read_image
from reimage.image.sources.stores import blob_name
from reimage.verify.subjects import Subject

if TYPE_CHECKING:
    from reimage.image.contents import Contents
    from reimage.image.layers import LayerContent


class Unsent(Exception):
    """A layer was not sent, as it was believed not to be needed."""


class Received:
    """The blobs below `folder`, an image layout. A layer that was read leaves an empty file under
    its digest: what is there, no builder sends again."""

    def __init__(self, folder: Path, contents: Contents) -> None:
        self.folder = folder
        self._contents = contents
        self._layers: dict[str, LayerContent] = {}
        self._unwanted: set[Path] = set()
        self._lock = Lock()

    def do_not_send(self, digests: Iterable[str]) -> None:
        """Layers that will hardly be read."""
        for digest in digests:
            path = self.folder / blob_name(digest)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            self._unwanted.add(path)

    def send_all(self) -> None:
        """They are wanted after all."""
        with self._lock:
            for path in self._unwanted:
                path.unlink(missing_ok=True)
            self._unwanted.clear()

    def subject(self, digest: str) -> Subject:
        """The image of a manifest. Raises an ImageError, or Unsent."""
        with self._lock:  # contents are put aside one after the other
            reading = Reading(contents=self._contents, keep=keep)
            store = _Once(self.folder, reading, self._layers)
            image = read_image(store, (Descriptor(digest),), limits=reading.meter.limits)
            return Subject(image, self._contents)


class _Once(FolderStore):
    """Takes layers from `known`, and adds to them."""

    def __init__(self, root: Path, reading: Reading, known: dict[str, LayerContent]) -> None:
        super().__init__(root, reading)
        self._known = known
        self._blobs = root

    def layer(self, name: str) -> LayerContent:
        """Read once, then let go. Raises Unsent."""
        if name not in self._known:
            path = self._blobs / name
            found = super().layer(name) if path.exists() and path.stat().st_size else None
            if found is None:
                raise Unsent(name)
            self._known[name] = found
            os.truncate(path, 0)
        return self._known[name]
