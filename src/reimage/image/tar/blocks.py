"""Bytes that stream by, taken in exact amounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reimage.image.errors import Damaged

if TYPE_CHECKING:
    from hashlib import _Hash

BLOCK = 512


class Blocks:
    """Pieces of any size, read as a tar file needs them. Holds one piece at a time."""

    __slots__ = ("_at", "_piece", "_pieces", "_view", "passed")

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = b""
        self._view = memoryview(b"")
        self._at = 0
        self.passed = 0
        """Bytes of the pieces before this one."""

    @property
    def position(self) -> int:
        """Bytes that were taken."""
        return self.passed + self._at

    def _next(self) -> bool:
        """Go to the next piece; false at the end."""
        for piece in self._pieces:
            if piece:
                self.passed += len(self._piece)
                self._piece, self._view, self._at = piece, memoryview(piece), 0
                return True
        return False

    def block(self) -> bytes:
        """The next 512 bytes; nothing at the end, which may come without the blocks of zeros."""
        end = self._at + BLOCK
        if end <= len(self._piece):
            found = self._piece[self._at : end]
            self._at = end
            return found
        if self._at == len(self._piece) and not self._next():
            return b""
        return self.take(BLOCK)

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, or as many as there are, which stay."""
        while len(self._piece) - self._at < size:
            rest = self._piece[self._at :]
            following = next(self._pieces, None)
            if following is None:
                break
            self.passed += self._at
            self._piece = rest + following
            self._view, self._at = memoryview(self._piece), 0
        return self._piece[self._at : self._at + size]

    def take(self, size: int) -> bytes:
        """The next `size` bytes, as a whole: for what is known to be small."""
        return b"".join(bytes(piece) for piece in self.pieces(size))

    def pieces(self, size: int) -> Iterator[memoryview]:
        """The next `size` bytes, as they come."""
        while size:
            if self._at == len(self._piece) and not self._next():
                raise Damaged(_CUT_OFF)
            piece = self._view[self._at : self._at + size]
            self._at += len(piece)
            size -= len(piece)
            yield piece

    def skip(self, size: int) -> None:
        """Pass over `size` bytes."""
        end = self._at + size
        if end <= len(self._piece):
            self._at = end
            return
        for _ in self.pieces(size):
            pass

    def hash(self, size: int, into: _Hash) -> None:
        """Pass over `size` bytes, which go into a hash."""
        end = self._at + size
        if end <= len(self._piece):
            into.update(self._view[self._at : end])
            self._at = end
            return
        for piece in self.pieces(size):
            into.update(piece)

    def drain(self) -> None:
        """Pass over the rest, so that whoever counts and hashes it sees all."""
        self._at = len(self._piece)
        while self._next():
            self._at = len(self._piece)


_CUT_OFF = "A tar file ends in the middle of an entry: it was cut off."
