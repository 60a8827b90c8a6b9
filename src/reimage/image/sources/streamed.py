"""An image in a tar file that passes by once, as a daemon or BuildKit sends it.

The manifest may come last. So every member is read when it comes: what looks like JSON is kept,
anything else is read as a layer; which of them belong to the image is seen at the end. Of the bytes
themselves none are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from reimage.image.compression import compression_of, unpacked
from reimage.image.errors import Damaged, Unsupported
from reimage.image.limits import Meter
from reimage.image.names import Names
from reimage.image.sources.archive import followed, linked
from reimage.image.taps import Tap, peek
from reimage.image.tar import reading as tar
from reimage.image.tar.blocks import Blocks

if TYPE_CHECKING:
    from reimage.image.layers import LayerContent, Reading

_START = 512
_TAR = slice(257, 262)


class StreamStore:
    """Reads the whole stream when it is made."""

    def __init__(self, stream: Iterable[bytes], reading: Reading) -> None:
        self._reading = reading
        self._documents: dict[str, bytes] = {}
        self._layers: dict[str, LayerContent] = {}
        self._unread: dict[str, Damaged | Unsupported] = {}
        self._links: dict[str, str] = {}
        self._read(Blocks(_plain(stream, Meter(reading.meter.limits))))

    def _read(self, blocks: Blocks) -> None:
        meter = self._reading.meter
        names = Names(meter.limits.path)
        for member in tar.Members(blocks, longest_header=meter.limits.header):
            meter.entry(len(member.name) + len(member.link))
            name = names.path(member.name)
            if member.type == tar.REGULAR and not member.sparse:
                self._take(name, member.stored, blocks)
            elif member.type in (tar.SYMLINK, tar.HARD_LINK):
                self._links[name] = linked(name, member)

    def _take(self, name: str, size: int, blocks: Blocks) -> None:
        start = blocks.peek(min(size, _START))
        meter = self._reading.meter
        if start[:1] in (b"{", b"[") and start[_TAR] != b"ustar":
            if size <= meter.limits.document:
                meter.document(size)
                self._documents[name] = blocks.take(size)
            return
        try:
            content = (bytes(piece) for piece in blocks.pieces(size))
            self._layers[name] = self._reading.layer(content)
        except (Damaged, Unsupported) as error:
            # Only an error if the image needs it: archives hold other files, too.
            self._unread[name] = error

    def document(self, name: str) -> bytes | None:
        """A member that looked like JSON."""
        return self._documents.get(followed(name, self._links))

    def layer(self, name: str) -> LayerContent | None:
        """A member that was read as a layer."""
        name = followed(name, self._links)
        if name in self._unread:
            raise self._unread[name]
        return self._layers.get(name)


def _plain(stream: Iterable[bytes], meter: Meter) -> Iterator[bytes]:
    """`docker save | gzip` is common."""
    start, through = peek(iter(stream))
    kind = compression_of(start)
    if kind == "none":
        return through
    return iter(Tap(unpacked(Tap(through, meter.packed), kind), meter.unpacked))
