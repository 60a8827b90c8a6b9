"""Files with holes: GNU's old form and its three PAX forms.

A map is a list of (offset, length) of what is stored; the rest is zeros.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from reimage.image.errors import Damaged
from reimage.image.tar.blocks import BLOCK
from reimage.image.tar.headers import number

if TYPE_CHECKING:
    from reimage.image.tar.blocks import Blocks

Map = list[tuple[int, int]]
_PIECES = 1 << 20
"""More pieces of one file than any program writes."""
_MALFORMED = "A tar file has a sparse file with a malformed map."


class Sparse(NamedTuple):
    """`size` with the holes; `stored` bytes of content follow."""

    size: int
    stored: int
    map: Map


def old(block: bytes, stored: int, blocks: Blocks) -> Sparse:
    """Type `S`: four pieces in the header, 21 in each block that follows."""
    found = _pairs(block, 386, 4)
    more = block[482]
    while more:
        following = blocks.take(BLOCK)
        found += _pairs(following, 0, 21)
        more = following[504]
        _check_number(len(found))
    return Sparse(number(block[483:495]), stored, _checked(found, number(block[483:495]), stored))


def _pairs(block: bytes, start: int, count: int) -> Map:
    pairs = []
    for at in range(start, start + 24 * count, 24):
        if not block[at]:
            break
        pairs.append((number(block[at : at + 12]), number(block[at + 12 : at + 24])))
    return pairs


def from_records(records: list[tuple[str, bytes]], stored: int, blocks: Blocks) -> Sparse | None:
    """The PAX forms 0.0 (repeated records), 0.1 (one record) and 1.0 (before the content)."""
    last = dict(records)
    size = last.get("GNU.sparse.realsize") or last.get("GNU.sparse.size")
    if size is None:
        return None
    if last.get("GNU.sparse.major") == b"1":
        numbers, read = _numbers_before_content(blocks, stored)
        stored -= read
    elif "GNU.sparse.map" in last:
        numbers = [_decimal(part) for part in last["GNU.sparse.map"].split(b",") if part]
    else:
        wanted = ("GNU.sparse.offset", "GNU.sparse.numbytes")
        numbers = [_decimal(value) for key, value in records if key in wanted]
    pairs = list(zip(numbers[::2], numbers[1::2], strict=False))
    return Sparse(_decimal(size), stored, _checked(pairs, _decimal(size), stored))


def _numbers_before_content(blocks: Blocks, stored: int) -> tuple[list[int], int]:
    """Decimal lines, the first of which says how many pairs follow, in whole blocks."""
    found: list[int] = []
    wanted = 1
    begun = b""
    read = 0
    while len(found) < wanted:
        if read + BLOCK > stored or len(begun) > BLOCK:
            raise Damaged(_MALFORMED)
        *lines, begun = (begun + blocks.take(BLOCK)).split(b"\n")
        read += BLOCK
        if lines and not found:
            wanted = 1 + 2 * _decimal(lines[0])
            _check_number(wanted // 2)
        found += map(_decimal, lines[: wanted - len(found)])
    return found[1:], read


def _checked(pairs: Map, size: int, stored: int) -> Map:
    _check_number(len(pairs))
    end = 0
    for offset, length in pairs:
        if offset < end or length < 0:
            raise Damaged(_MALFORMED)
        end = offset + length
    if end > size or sum(length for _, length in pairs) != stored:
        raise Damaged(_MALFORMED)
    return pairs


def _check_number(pairs: int) -> None:
    if pairs > _PIECES:
        raise Damaged(_MALFORMED)


def _decimal(text: bytes) -> int:
    if not text.isdigit() or len(text) > 19:
        raise Damaged(_MALFORMED)
    return int(text)


def expanded(found: Sparse, blocks: Blocks) -> Iterator[bytes | memoryview]:
    """The content with its holes filled."""
    at = 0
    for offset, length in [*found.map, (found.size, 0)]:
        while at < offset:
            hole = _ZEROS[: offset - at]
            at += len(hole)
            yield hole
        yield from blocks.pieces(length)
        at += length


_ZEROS = bytes(1 << 20)
