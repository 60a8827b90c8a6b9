"""The members of a tar file, one after the other, with what their extended headers say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from reimage.image.errors import Damaged, Unbounded
from reimage.image.tar import headers, pax, sparse
from reimage.image.tar.blocks import BLOCK, Blocks
from reimage.image.tar.headers import Header

if TYPE_CHECKING:
    from reimage.image.tar.pax import Records
    from reimage.image.tar.sparse import Sparse

REGULAR = b"0"
HARD_LINK = b"1"
SYMLINK = b"2"
CHARACTER_DEVICE = b"3"
BLOCK_DEVICE = b"4"
DIRECTORY = b"5"
FIFO = b"6"

_WITHOUT_CONTENT = frozenset((HARD_LINK, SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, DIRECTORY, FIFO))
_EXTENSIONS = frozenset((b"L", b"K", b"x", b"X", b"g"))
_LABEL = b"V"
_ZEROS = bytes(BLOCK)


class Member(NamedTuple):
    """One member. Names are as they stand there, which may be anywhere."""

    name: bytes
    type: bytes
    owner: tuple[int, int, int]
    """Mode without type, user, group."""
    size: int
    stored: int
    """Bytes that follow; other than `size` only where the file is sparse."""
    mtime: int
    link: bytes
    device: tuple[int, int]
    xattrs: dict[str, bytes]
    sparse: Sparse | None


class _Extensions:
    """What headers that go before a member say about it."""

    def __init__(self) -> None:
        self.everywhere: Records = {}
        self.clear()

    def clear(self) -> None:
        self.records: list[tuple[str, bytes]] = []
        self.name = b""
        self.link = b""
        self.any = bool(self.everywhere)

    def take(self, kind: bytes, data: bytes) -> None:
        if kind == b"L":
            self.name = headers.text(data)
        elif kind == b"K":
            self.link = headers.text(data)
        elif kind == b"g":
            pax.merge(self.everywhere, pax.parse(data))
        else:
            self.records += pax.parse(data)
        self.any = True

    def merged(self) -> Records:
        found = dict(self.everywhere)
        pax.merge(found, self.records)
        return found


class Members:
    """Iterate over it once; what the caller leaves of a member's content is passed over."""

    def __init__(self, blocks: Blocks, *, longest_header: int) -> None:
        self._blocks = blocks
        self._longest = longest_header

    def __iter__(self) -> Iterator[Member]:
        blocks = self._blocks
        extensions = _Extensions()
        while block := blocks.block():
            if block == _ZEROS:
                self._end()
                return
            header = headers.parse(block)
            kind = header.type
            if kind in _EXTENSIONS:
                extensions.take(kind, self._extension(header))
                continue
            member = _member(header)
            if extensions.any or kind == b"S":
                member = self._extended(member, block, extensions)
                extensions.clear()
            stored = member.stored
            if stored < 0:
                raise Damaged("A tar file has an entry of negative size.")
            end = blocks.position + stored
            if kind != _LABEL:
                yield member
            if stored:  # content is padded to whole blocks
                blocks.skip(end - blocks.position + -stored % BLOCK)
        if extensions.name or extensions.records:
            raise Damaged("A tar file ends after the extended header of an entry: it was cut off.")

    def _end(self) -> None:
        following = self._blocks.block()
        if following and following != _ZEROS:
            raise Damaged("A tar file goes on after its end; programs disagree about such files.")
        self._blocks.drain()

    def _extension(self, header: Header) -> bytes:
        size = headers.number(header.size)
        if not 0 <= size <= self._longest:
            raise Unbounded(
                f"A tar file has an extended header of {size} bytes; {self._longest} are read."
            )
        data = self._blocks.take(size)
        self._blocks.skip(-size % BLOCK)
        return data

    def _extended(self, member: Member, block: bytes, extensions: _Extensions) -> Member:
        records = extensions.merged()
        uid, gid = records.get("uid"), records.get("gid")
        mode, told_uid, told_gid = member.owner
        owner = (
            mode,
            pax.whole(uid) if uid else told_uid,
            pax.whole(gid) if gid else told_gid,
        )
        stored = member.stored
        if "size" in records and member.type not in _WITHOUT_CONTENT:
            stored = pax.whole(records["size"])
        mtime = records.get("mtime")
        member = member._replace(
            name=records.get("path") or extensions.name or member.name,
            link=records.get("linkpath") or extensions.link or member.link,
            owner=owner,
            size=stored,
            stored=stored,
            mtime=pax.whole(mtime) if mtime else member.mtime,
            xattrs=_xattrs(records),
        )
        return self._sparse(member, block, records, extensions.records)

    def _sparse(
        self, member: Member, block: bytes, records: Records, own: list[tuple[str, bytes]]
    ) -> Member:
        if member.type == b"S":
            found: Sparse | None = sparse.old(block, member.stored, self._blocks)
        elif "GNU.sparse.major" in records or "GNU.sparse.size" in records:
            found = sparse.from_records(own, member.stored, self._blocks)
        else:
            return member
        name = records.get("GNU.sparse.name") or member.name
        if found is None:
            return member
        return member._replace(
            name=name, type=REGULAR, size=found.size, stored=found.stored, sparse=found
        )


def _member(header: Header) -> Member:
    """As the header itself tells."""
    name, kind = headers.text(header.name), header.type
    if header.prefix[0] and header.magic.startswith(b"ustar\0"):
        name = headers.text(header.prefix) + b"/" + name
    if kind in _WITHOUT_CONTENT:
        stored = 0
    else:
        stored = headers.number(header.size)
        if kind not in b"0S":
            kind = DIRECTORY if kind == b"D" or _is_old_directory(kind, name) else REGULAR
    device = (0, 0)
    if kind in b"34":
        device = (headers.number(header.major), headers.number(header.minor))
    link = headers.text(header.link) if header.link[0] else b""
    owner, mtime = _owner(header.numbers), _time(header.mtime)
    return Member(name, kind, owner, stored, stored, mtime, link, device, {}, None)


@lru_cache(1 << 14)
def _owner(numbers: bytes) -> tuple[int, int, int]:
    mode, uid, gid = (headers.number(numbers[at : at + 8]) for at in (0, 8, 16))
    return mode & 0o7777, uid, gid


_time = lru_cache(1 << 14)(headers.number)


def _is_old_directory(kind: bytes, name: bytes) -> bool:
    """The oldest programs had no type for directories."""
    return kind == b"\0" and name.endswith(b"/")


def _xattrs(records: Records) -> dict[str, bytes]:
    start = len(pax.XATTR)
    return {key[start:]: value for key, value in records.items() if key.startswith(pax.XATTR)}
