"""One pass over the bytes of a layer: unpacked, hashed, and turned into entries."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING, NamedTuple

from reimage.image.ahead import ahead
from reimage.image.compression import Compression, compression_of, unpacked
from reimage.image.entries import Entry, Extra, Owner
from reimage.image.limits import DEFAULT, Limits, Meter
from reimage.image.names import Names
from reimage.image.taps import Tap, peek
from reimage.image.tar import reading, sparse
from reimage.image.tar.blocks import Blocks

if TYPE_CHECKING:
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
        self._owners: dict[tuple[bytes, tuple[int, int, int]], Owner] = {}

    def layer(self, pieces: Iterable[bytes], *, at_hand: bool = False) -> LayerContent:
        """Read a layer, packed or not; one whose bytes are `at_hand` is read ahead.

        Raises Damaged, Unbounded or Unsupported; digests are for the caller to compare.
        """
        stored = Tap(pieces, self.meter.packed, hashing=True)
        start, through = peek(iter(stored))
        kind = compression_of(start)
        content = unpacked(through, kind)
        with closing(ahead(content)) if at_hand else nullcontext(content) as content:
            plain = Tap(content, self.meter.unpacked, hashing=kind != "none")
            entries = tuple(self._entries(Blocks(iter(plain))))
        for _ in through:  # what follows the last packed byte is part of the digest
            pass
        digest = stored.digest
        return LayerContent(digest, plain.digest or digest, stored.size, plain.size, kind, entries)

    def _entries(self, blocks: Blocks) -> Iterator[Entry]:
        count, split, owner = self.meter.entry, self._names.split, self._owner
        for member in reading.Members(blocks, longest_header=self.meter.limits.header):
            kind = member.type
            count(len(member.name) + len(member.link))
            directory, name = split(member.name)
            who = owner(kind, member.owner)
            link = self._link(member) if member.link else ""
            extra = self._extra(member) if member.xattrs or kind in b"34" else None
            is_file = kind == reading.REGULAR
            digest = self._digest(member, blocks) if is_file and not self._keep else None
            entry = Entry(directory, name, who, member.size, member.mtime, link, digest, extra)
            yield self._perhaps_kept(entry, member, blocks) if is_file and self._keep else entry

    def _owner(self, kind: bytes, numbers: tuple[int, int, int]) -> Owner:
        found = self._owners.get((kind, numbers))
        if found is None:
            mode, uid, gid = numbers
            found = self._owners[kind, numbers] = Owner(_KINDS[kind] | mode, uid, gid)
        return found

    def _link(self, member: Member) -> str:
        if member.type == reading.HARD_LINK:
            return self._names.path(member.link)
        if member.type == reading.SYMLINK:
            return member.link.decode("utf-8", "surrogateescape")
        return ""

    def _extra(self, member: Member) -> Extra:
        attributes = member.xattrs.items()
        self.meter.names(sum(len(key) + len(value) for key, value in attributes))
        return Extra(member.xattrs, member.device)

    def _perhaps_kept(self, entry: Entry, member: Member, blocks: Blocks) -> Entry:
        """The entry with its hash; the content is put aside where that is wanted."""
        is_kept = self._keep is not None and self._keep(entry, blocks.peek(min(4, member.stored)))
        contents = self._contents if is_kept else None
        digest = self._digest(member, blocks, contents)
        if digest:
            entry = entry._replace(digest=digest)
        if contents:
            contents.settle(entry)
        return entry

    def _digest(
        self, member: Member, blocks: Blocks, contents: Contents | None = None
    ) -> bytes | None:
        """Of the content, where hashes are wanted; it is put into `contents` on the way."""
        if not self._hashing and not contents:
            return None
        content = hashlib.sha256()
        if not contents and not member.sparse:
            blocks.hash(member.stored, content)
        else:
            pieces = self._pieces(member, blocks)
            for piece in contents.put(pieces) if contents else pieces:
                content.update(piece)
        return content.digest()[:16] if self._hashing else None

    def _pieces(self, member: Member, blocks: Blocks) -> Iterable[bytes | memoryview]:
        if not member.sparse:
            return blocks.pieces(member.stored)
        self.meter.unpacked(member.size - member.stored)
        return sparse.expanded(member.sparse, blocks)


_KINDS = {
    reading.REGULAR: stat.S_IFREG,
    reading.HARD_LINK: stat.S_IFREG,
    reading.SYMLINK: stat.S_IFLNK,
    reading.CHARACTER_DEVICE: stat.S_IFCHR,
    reading.BLOCK_DEVICE: stat.S_IFBLK,
    reading.DIRECTORY: stat.S_IFDIR,
    reading.FIFO: stat.S_IFIFO,
}
