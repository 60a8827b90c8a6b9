"""The 512 bytes that go before each entry of a tar file."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from typing import NamedTuple

from reimage.image.errors import Damaged

_FIELDS = struct.Struct("100s24s12s12s8sc100s8s64s8s8s155s12x")
_PRIME = 65521
_SPACES = 8 * 0x20


class Header(NamedTuple):
    """A header as it stands there, nothing decoded: most of it repeats."""

    name: bytes
    numbers: bytes
    """Mode, user and group."""
    size: bytes
    mtime: bytes
    told_sum: bytes
    type: bytes
    link: bytes
    magic: bytes
    user_and_group: bytes
    major: bytes
    minor: bytes
    prefix: bytes


def parse(block: bytes) -> Header:
    """Read a header; Damaged when it is none."""
    header = Header._make(_FIELDS.unpack(block))
    # The low half of Adler-32 is one more than the sum of the bytes, modulo a prime: ten times
    # faster than `sum`.
    if zlib.adler32(block) & 0xFFFF != _promised(header.told_sum) and not _adds_up(block):
        raise Damaged("A tar file has a header whose checksum is wrong.")
    return header


@lru_cache(1 << 14)
def _promised(told: bytes) -> int:
    """That half, where the sum is the one that is told. The field itself counts as spaces."""
    return (number(told) + sum(told) - _SPACES + 1) % _PRIME


def _adds_up(block: bytes) -> bool:
    """Exactly, and also as old programs did it, with signed bytes."""
    counted = block[:148] + b" " * 8 + block[156:]
    told = number(block[148:156])
    return told in (sum(counted), sum(byte - 256 if byte > 127 else byte for byte in counted))


def number(field: bytes) -> int:
    """Octal digits, or, where the first bit is set, a number to base 256."""
    try:
        return int(field.rstrip(b" \0"), 8)
    except ValueError:  # also where there is nothing, or something after a zero byte
        return _odd_number(field)


def _odd_number(field: bytes) -> int:
    if field[0] & 0x80:
        value = int.from_bytes(field, "big")
        bits = 8 * len(field)
        # 0xff… is a negative number; otherwise only the first bit is not part of it.
        return value - (1 << bits) if field[0] == 0xFF else value - (1 << (bits - 1))
    text = field.partition(b"\0")[0].strip()
    if not text:
        return 0
    try:
        return int(text, 8)
    except ValueError:
        raise Damaged(f"A tar file has a header with a number that is none: {field!r}.") from None


def text(field: bytes) -> bytes:
    """A name up to its first zero byte."""
    return field.partition(b"\0")[0]
