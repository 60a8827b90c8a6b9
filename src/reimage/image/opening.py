"""Images from files and streams of this machine."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from reimage.image.compression import compression_of
from reimage.image.errors import NotAnImage
from reimage.image.layers import Reading
from reimage.image.sources.archive import ArchiveStore
from reimage.image.sources.docker_archives import read_docker_archive
from reimage.image.sources.files import opened, pieces
from reimage.image.sources.folder import FolderStore
from reimage.image.sources.layouts import read_layout
from reimage.image.sources.stores import DOCKER_MANIFEST, INDEX
from reimage.image.sources.streamed import StreamStore

if TYPE_CHECKING:
    from reimage.image.anatomy import Image
    from reimage.image.platforms import Platform
    from reimage.image.sources.stores import Store


def open_image(
    path: Path,
    *,
    name: str = "",
    platform: Platform | None = None,
    reading: Reading | None = None,
) -> Image:
    """Read an image from an OCI layout (folder or tar file) or from what `docker save` wrote.

    `name` chooses among several images, `platform` among several platforms. `reading` is for one
    image: how much is read, hashed and put aside. Raises an ImageError.
    """
    reading = reading or Reading()
    if path.is_dir():
        if not (path / INDEX).exists():
            raise NotAnImage(f"{path} is no image layout: it has no {INDEX}.")
        store: Store = FolderStore(path, reading)
        return read_layout(store, name=name, platform=platform, limits=reading.meter.limits)
    with opened(path) as file:
        if file is None:
            raise NotAnImage(f"{path} does not exist.")
        packed = compression_of(file.read(8)) != "none"
        file.seek(0)
        store = StreamStore(pieces(file), reading) if packed else ArchiveStore(file, reading)
        return _from_store(store, name, platform, reading)


def read_stream(
    stream: Iterable[bytes],
    *,
    name: str = "",
    platform: Platform | None = None,
    reading: Reading | None = None,
) -> Image:
    """Read an image from a tar file that passes by once; nothing of it is stored."""
    reading = reading or Reading()
    return _from_store(StreamStore(stream, reading), name, platform, reading)


def _from_store(store: Store, name: str, platform: Platform | None, reading: Reading) -> Image:
    limits = reading.meter.limits
    if store.document(INDEX) is not None:
        return read_layout(store, name=name, platform=platform, limits=limits)
    if store.document(DOCKER_MANIFEST) is not None:
        return read_docker_archive(store, name=name, platform=platform, limits=limits)
    raise NotAnImage(f"There is no image in it: neither {INDEX} nor {DOCKER_MANIFEST}.")
