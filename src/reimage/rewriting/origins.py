"""Where in the original file each part of the rewritten text comes from."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from reimage.text import Edit, Span


class Piece(NamedTuple):
    """A stretch of the rewritten text: `length` characters from `start` on.

    It stands for `original`. Without `by` it is that text, unchanged; with it, the rewrite of that
    name put it there.
    """

    start: int
    length: int
    original: Span
    by: str | None


class Origins:
    """The pieces of a text that came out of rewrites. A new value after each pass."""

    def __init__(self, pieces: tuple[Piece, ...]) -> None:
        self._pieces = pieces
        self._starts = [piece.start for piece in pieces]
        self._is_unchanged = len(pieces) == 1 and pieces[0].by is None

    @classmethod
    def unchanged(cls, length: int) -> "Origins":
        return cls((Piece(0, length, Span(0, length), None),))

    def original(self, span: Span) -> Span:
        """The stretch of the original file that `span` of the text stands for."""
        if self._is_unchanged:
            return span
        pieces = self._touched(span)
        begin, end = _begin(pieces[0], span.start), _end(pieces[-1], span.end)
        return Span(min(begin, end), max(begin, end))

    def makers(self, span: Span) -> tuple[str, ...]:
        """The rewrites whose text `span` touches; an insertion touches both its neighbours."""
        if self._is_unchanged:
            return ()
        if span.start == span.end:
            span = Span(max(span.start - 1, 0), span.end + 1)
        return tuple(dict.fromkeys(piece.by for piece in self._touched(span) if piece.by))

    def _touched(self, span: Span) -> tuple[Piece, ...]:
        first = max(bisect_right(self._starts, span.start) - 1, 0)
        last = bisect_right(self._starts, max(span.start, span.end - 1))
        return self._pieces[first : max(last, first + 1)]

    def after(self, edits: Iterable[tuple[Edit, str]], source: str) -> "Origins":
        """The origins once `edits` of `source`, each with the rewrite that makes it, are made.

        Whole lines that a rewrite takes out in one place and puts into another keep their origin.
        """
        edits = sorted(edits)
        pieces: list[Piece] = []
        done, length = 0, 0
        for edit, maker in edits:
            span, text = edit
            length += self._copy(Span(done, span.start), length, pieces)
            origin = self.original(span)
            lines = _moved_lines(edit, (each for each, by in edits if by == maker), source)
            before = text.index(lines.of(source)) if lines else len(text)
            pieces.append(Piece(length, before, origin, maker))
            if lines:
                at = length + before
                at += self._copy(lines, at, pieces)
                pieces.append(Piece(at, length + len(text) - at, origin, maker))
            length += len(text)
            done = span.end
        self._copy(Span(done, len(source)), length, pieces)
        return Origins(tuple(pieces))

    def _copy(self, span: Span, at: int, pieces: list[Piece]) -> int:
        """Take over the pieces within `span`; the number of characters copied."""
        if span.start >= span.end:
            return 0
        for piece in self._touched(span):
            start = max(piece.start, span.start)
            end = min(piece.start + piece.length, span.end)
            original = piece.original
            if piece.by is None:
                original = Span(_begin(piece, start), _end(piece, end))
            if end > start or (piece.by and piece.length == 0):
                length = max(end - start, 0)
                pieces.append(Piece(at + start - span.start, length, original, piece.by))
        return span.end - span.start


def _begin(piece: Piece, offset: int) -> int:
    if piece.by:
        return piece.original.start
    return piece.original.start + min(max(offset - piece.start, 0), piece.length)


def _end(piece: Piece, offset: int) -> int:
    if piece.by:
        return piece.original.end
    return piece.original.start + min(max(offset - piece.start, 0), piece.length)


def _moved_lines(edit: Edit, edits: Iterable[Edit], source: str) -> Span | None:
    """The lines, taken out by another of the edits, that `edit` puts in."""
    for span, _ in edits:
        gone = span.of(source)
        if span == edit.span or not gone.endswith("\n"):
            continue
        for text in (gone, gone.rstrip("\r\n")):
            if text and text in edit.text:
                return Span(span.start, span.start + len(text))
    return None
