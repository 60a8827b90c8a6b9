"""A text that BuildKit reads in one piece although it is spread over lines of the file."""

from __future__ import annotations

from bisect import bisect_right

from reimage.text import Span


class Logical:
    """The text of an instruction as BuildKit joins it, with the way back into the file.

    Continuations, comment lines and empty lines in between are gone from `text`; every character of
    it still knows where in the file it stands.
    """

    __slots__ = ("_begins", "_sources", "text")

    def __init__(self, text: str, begins: list[int], sources: list[int]) -> None:
        """`text[begins[i]:]` stands in the file at offset `sources[i]`; `begins` starts with 0."""
        self.text = text
        self._begins = begins
        self._sources = sources

    @classmethod
    def of_pieces(cls, pieces: list[tuple[int, str]]) -> Logical:
        """Join `(offset in the file, text)` pieces. At least one, which may be empty."""
        if len(pieces) == 1:
            return cls(pieces[0][1], [0], [pieces[0][0]])
        begins: list[int] = []
        sources: list[int] = []
        length = 0
        for source, text in pieces:
            if text or not begins:
                begins.append(length)
                sources.append(source)
                length += len(text)
        return cls("".join(text for _, text in pieces), begins, sources)

    def start(self, offset: int) -> int:
        """Where in the file the character at `offset` stands."""
        if len(self._begins) == 1:
            return self._sources[0] + offset
        piece = bisect_right(self._begins, offset) - 1
        return self._sources[piece] + offset - self._begins[piece]

    def end(self, offset: int) -> int:
        """Where in the file the character before `offset` ends."""
        if offset == 0:
            return self._sources[0]
        return self.start(offset - 1) + 1

    def span(self, start: int, end: int) -> Span:
        """Where in the file `text[start:end]` stands, lines in between included."""
        if len(self._begins) == 1:
            return Span(self._sources[0] + start, self._sources[0] + end)
        if start == end:
            at = self.start(start) if start < len(self.text) else self.end(start)
            return Span(at, at)
        return Span(self.start(start), self.end(end))

    def part(self, start: int, end: int) -> Logical:
        """`text[start:end]` with its way back."""
        if len(self._begins) == 1:
            return Logical(self.text[start:end], self._begins, [self._sources[0] + start])
        first = bisect_right(self._begins, start) - 1
        last = bisect_right(self._begins, max(start, end - 1)) if end > start else first + 1
        begins = [max(begin - start, 0) for begin in self._begins[first:last]]
        sources = self._sources[first:last]
        sources[0] += start - self._begins[first]
        return Logical(self.text[start:end], begins, sources)

    def followed_by(self, offset: int, text: str) -> Logical:
        """This text and, joined to it, `text` that stands in the file at `offset`."""
        begins = [*self._begins, len(self.text)]
        return Logical(self.text + text, begins, [*self._sources, offset])

    def moved(self, by: int) -> Logical:
        """The same text, which stands `by` characters further down the file."""
        return Logical(self.text, self._begins, [source + by for source in self._sources])

    @property
    def whole(self) -> Span:
        """Where in the file all of it stands."""
        return self.span(0, len(self.text))
