"""An image layout in a directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reimage.image.sources.files import opened, pieces

if TYPE_CHECKING:
    from pathlib import Path

    from reimage.image.layers import LayerContent, Reading


class FolderStore:
    """Files below `root`, by names that were made from digests here, not by who made the image."""

    def __init__(self, root: Path, reading: Reading) -> None:
        self._root = root
        self._reading = reading
        self._layers: dict[str, LayerContent] = {}

    def document(self, name: str) -> bytes | None:
        """The whole file."""
        with opened(self._root / name) as file:
            if file is None:
                return None
            meter = self._reading.meter
            data = file.read(meter.limits.document + 1)
            meter.document(len(data))
            return data

    def layer(self, name: str) -> LayerContent | None:
        """The file, read as a layer."""
        if name not in self._layers:
            with opened(self._root / name) as file:
                if file is None:
                    return None
                self._layers[name] = self._reading.layer(pieces(file), at_hand=True)
        return self._layers[name]
