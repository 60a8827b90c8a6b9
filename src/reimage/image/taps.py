"""Streams of bytes that are counted and hashed while they pass."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

_MAGIC = 8


class Tap:
    """Counts what passes, and hashes it where that is asked for."""

    def __init__(
        self, pieces: Iterable[bytes], count: Callable[[int], None], *, hashing: bool = False
    ) -> None:
        self._pieces = pieces
        self._count = count
        self._hash = hashlib.sha256() if hashing else None
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.size += len(piece)
            self._count(len(piece))
            if self._hash:
                self._hash.update(piece)
            yield piece

    @property
    def digest(self) -> str:
        """Empty where nothing was hashed."""
        return f"sha256:{self._hash.hexdigest()}" if self._hash else ""


def peek(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first few bytes, and all of them."""
    start = b""
    for piece in pieces:
        start += piece
        if len(start) >= _MAGIC:
            break
    return start[:_MAGIC], chain((start,), pieces)
