"""An image in a tar file that can be sought in: only what is needed is read."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from reimage.image.errors import Damaged
from reimage.image.names import Names
from reimage.image.sources.files import pieces
from reimage.image.tar import reading as tar
from reimage.image.tar.blocks import Blocks

if TYPE_CHECKING:
    from reimage.image.layers import LayerContent, Reading

_STEP = 1 << 14
_LINKS = 10
"""An old `docker save` names a layer that occurs twice by a link."""


class _Place(NamedTuple):
    start: int
    size: int


class SeekingBlocks(Blocks):
    """Passes over what is not read without reading it."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(iter(lambda: file.read(_STEP), b""))
        self._file = file
        self._end = os.fstat(file.fileno()).st_size

    def skip(self, size: int) -> None:
        """Seek, unless it is near."""
        near = len(self._piece) - self._at
        if size <= near:
            self._at += size
            return
        target = self.position + size
        if target > self._end:
            raise Damaged("The archive ends in the middle of a file: it was cut off.")
        self._file.seek(target)
        self.passed, self._piece, self._at = target, b"", 0
        self._view = memoryview(b"")


class ArchiveStore:
    """Members of the tar file `file`, which stays open as long as this is used."""

    def __init__(self, file: BinaryIO, reading: Reading) -> None:
        self._file = file
        self._reading = reading
        self._layers: dict[_Place, LayerContent] = {}
        self._places: dict[str, _Place] = {}
        self._links: dict[str, str] = {}
        self._scan()

    def _scan(self) -> None:
        meter = self._reading.meter
        names = Names(meter.limits.path)
        blocks = SeekingBlocks(self._file)
        for member in tar.Members(blocks, longest_header=meter.limits.header):
            meter.entry(len(member.name) + len(member.link))
            name = names.path(member.name)
            if member.type == tar.REGULAR and not member.sparse:
                self._places[name] = _Place(blocks.position, member.stored)
            elif member.type in (tar.SYMLINK, tar.HARD_LINK):
                self._links[name] = linked(name, member)

    def document(self, name: str) -> bytes | None:
        """The whole member."""
        place = self._place(name)
        if place is None:
            return None
        self._reading.meter.document(place.size)
        self._file.seek(place.start)
        return b"".join(pieces(self._file, place.size))

    def layer(self, name: str) -> LayerContent | None:
        """The member, read as a layer."""
        place = self._place(name)
        if place is None:
            return None
        if place not in self._layers:
            self._file.seek(place.start)
            self._layers[place] = self._reading.layer(pieces(self._file, place.size), at_hand=True)
        return self._layers[place]

    def _place(self, name: str) -> _Place | None:
        return self._places.get(followed(name, self._links))


def linked(name: str, member: tar.Member) -> str:
    """The name of the member that a link leads to."""
    target = member.link.decode("utf-8", "surrogateescape")
    if member.type == tar.SYMLINK:
        target = posixpath.join(posixpath.dirname(name), target)
    return posixpath.normpath(target)


def followed(name: str, links: dict[str, str]) -> str:
    """The name at the end of links; these are names in a table, nothing is opened."""
    name = posixpath.normpath(name)
    for _ in range(_LINKS):
        if name not in links:
            break
        name = links[name]
    return name
