"""One pass over the bytes of a layer: unpacked, hashed, and turned into entries."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from reimage.image.compression import Compression, compression_of, unpacked
from reimage.image.entries import Entry, Extra, Owner
from reimage.image.limits import DEFAULT, Limits, Meter
from reimage.image.names import Names
from reimage.image.taps import Tap, peek
from reimage.image.tar import reading, sparse
from reimage.image.tar.blocks import Blocks

if TYPE_CHECKING:
    from hashlib import _Hash

    from reimage.image.contents import Contents
    from reimage.image.tar.reading import Member

Keep = Callable[[Entry, bytes], bool]
"""Whether the content of a regular file, which starts with these four bytes, is put aside."""


class LayerContent(NamedTuple):
    """What one pass over a layer found. Digests are `sha256:…`, sizes bytes."""

    digest: str
    """Of the bytes as they are stored."""
    diff_id: str
    """Of the tar file that they unpack to."""
    stored_size: int
    unpacked_size: int
    compression: Compression
    entries: tuple[Entry, ...]


class Reading:
    """What the layers of one image share while they are read."""

    def __init__(
        self,
        limits: Limits = DEFAULT,
        *,
        hashing: bool = True,
        contents: Contents | None = None,
        keep: Keep | None = None,
    ) -> None:
        self.meter = Meter(limits)
        self._names = Names(limits.path)
        self._hashing = hashing
        self._contents = contents
        self._keep = keep
        self._owners: dict[tuple[int, tuple[int, int, int]], Owner] = {}

    def layer(self, pieces: Iterable[bytes]) -> LayerContent:
        """Read a layer, packed or not.

        Raises Damaged, Unbounded or Unsupported; digests are for the caller to compare.
        """
        stored = Tap(pieces, self.meter.packed, hashing=True)
        start, through = peek(iter(stored))
        kind = compression_of(start)
        plain = Tap(unpacked(through, kind), self.meter.unpacked, hashing=kind != "none")
        entries = tuple(self._entries(Blocks(iter(plain))))
        for _ in through:  # what follows the last packed byte is part of the digest
            pass
        digest = stored.digest
        return LayerContent(digest, plain.digest or digest, stored.size, plain.size, kind, entries)

    def _entries(self, blocks: Blocks) -> Iterator[Entry]:
        count, split = self.meter.entry, self._names.split
        for member in reading.Members(blocks, longest_header=self.meter.limits.header):
            count(len(member.name) + len(member.link))
            kind = _KINDS[member.type]
            owner = self._owner(kind, member.owner)
            directory, name = split(member.name)
            link = self._link(member) if member.link else ""
            extra = self._extra(member)
            entry = Entry(directory, name, owner, member.size, member.mtime, link, None, extra)
            if kind == stat.S_IFREG and not link:
                entry = self._with_content(entry, member, blocks)
            yield entry

    def _owner(self, kind: int, numbers: tuple[int, int, int]) -> Owner:
        key = (kind, numbers)
        found = self._owners.get(key)
        if found is None:
            mode, uid, gid = numbers
            found = self._owners[key] = Owner(kind | mode, uid, gid)
        return found

    def _link(self, member: Member) -> str:
        if member.type == reading.HARD_LINK:
            return self._names.path(member.link)
        if member.type == reading.SYMLINK:
            return member.link.decode("utf-8", "surrogateescape")
        return ""

    def _extra(self, member: Member) -> Extra | None:
        if not member.xattrs and member.device == (0, 0):
            return None
        self.meter.names(sum(len(key) + len(value) for key, value in member.xattrs.items()))
        return Extra(member.xattrs, member.device)

    def _with_content(self, entry: Entry, member: Member, blocks: Blocks) -> Entry:
        """The entry with its hash; the content is put aside where that is wanted."""
        kept = self._keep is not None and self._keep(entry, blocks.peek(min(4, member.stored)))
        if not kept and not self._hashing:
            return entry
        content = hashlib.sha256()
        if not kept and not member.sparse:
            blocks.hash(member.stored, content)
        else:
            self._pass(member, blocks, content, self._contents if kept else None)
        if self._hashing:
            entry = entry._replace(digest=content.digest()[:16])
        if kept and self._contents:
            self._contents.settle(entry)
        return entry

    def _pass(
        self, member: Member, blocks: Blocks, content: _Hash, contents: Contents | None
    ) -> None:
        pieces: Iterable[bytes | memoryview] = blocks.pieces(member.stored)
        if member.sparse:
            self.meter.unpacked(member.size - member.stored)
            pieces = sparse.expanded(member.sparse, blocks)
        for piece in contents.put(pieces) if contents else pieces:
            content.update(piece)


_KINDS = {
    reading.REGULAR: stat.S_IFREG,
    reading.HARD_LINK: stat.S_IFREG,
    reading.SYMLINK: stat.S_IFLNK,
    reading.CHARACTER_DEVICE: stat.S_IFCHR,
    reading.BLOCK_DEVICE: stat.S_IFBLK,
    reading.DIRECTORY: stat.S_IFDIR,
    reading.FIFO: stat.S_IFIFO,
}
