"""Half-open ranges of a text and what is put in their place."""

from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """The characters from `start` up to, not including, `end`."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]

    def moved(self, by: int) -> "Span":
        return Span(self.start + by, self.end + by)

    def holds(self, other: "Span") -> bool:
        return self.start <= other.start and other.end <= self.end


class Edit(NamedTuple):
    """Put `text` where `span` is. An empty span inserts, an empty text deletes."""

    span: Span
    text: str


def overlap(one: Span, other: Span) -> bool:
    """Whether edits of both spans would get in each other's way.

    Two insertions at one place do (their order would be a guess); an insertion at the border of a
    replaced range does not.
    """
    if one == other:
        return True
    return one.start < other.end and other.start < one.end


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """`text` with all `edits` made; they speak of `text` as it is and must not overlap."""
    pieces: list[str] = []
    done = 0
    for span, replacement in sorted(edits):
        assert span.start >= done, f"edits overlap at {span.start}"
        pieces += (text[done : span.start], replacement)
        done = span.end
    pieces.append(text[done:])
    return "".join(pieces)
