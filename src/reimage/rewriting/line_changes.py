"""Which lines differ between two texts: the lines both hold once are matched first, difflib
matches what lies between them.

Lines that occur once anchor the comparison, as in patience diff, so that a change stays where it
was made and a file of 100,000 lines takes no longer than its lines need.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_MOST_PAIRS = 250_000
_MOST_LINES = 4_000_000
"""Pairs of equal lines, and of lines, in a gap beyond which difflib would take seconds: such a gap
is one change."""


class Change(NamedTuple):
    """Lines `start` to `end` become lines `new_start` to `new_end`; 0-based, half-open."""

    start: int
    end: int
    new_start: int
    new_end: int


def line_changes(before: Sequence[str], after: Sequence[str]) -> tuple[Change, ...]:
    """The changes that turn `before` into `after`, in order, never touching one another."""
    everything = _trimmed(before, after, Change(0, len(before), 0, len(after)))
    gaps = _gaps(before, after, everything)
    return tuple(change for gap in gaps for change in _matched(before, after, gap))


def _trimmed(before: Sequence[str], after: Sequence[str], change: Change) -> Change:
    """`change` without the equal lines at its two ends."""
    start, end, new_start, new_end = change
    while start < end and new_start < new_end and before[start] == after[new_start]:
        start += 1
        new_start += 1
    while start < end and new_start < new_end and before[end - 1] == after[new_end - 1]:
        end -= 1
        new_end -= 1
    return Change(start, end, new_start, new_end)


def _gaps(before: Sequence[str], after: Sequence[str], change: Change) -> Iterator[Change]:
    """What lies between the anchors in `change`, trimmed; gaps without a line are left out."""
    start, new_start = change.start, change.new_start
    for old, new in (*_anchors(before, after, change), (change.end, change.new_end)):
        if start < old or new_start < new:
            gap = _trimmed(before, after, Change(start, old, new_start, new))
            if gap.start < gap.end or gap.new_start < gap.new_end:
                yield gap
        start, new_start = old + 1, new + 1


def _anchors(before: Sequence[str], after: Sequence[str], change: Change) -> list[tuple[int, int]]:
    """The longest run, in order on both sides, of lines that both sides hold exactly once."""
    news = _once(after, change.new_start, change.new_end)
    pairs = [
        (old, news[line])
        for line, old in _once(before, change.start, change.end).items()
        if line in news
    ]
    ends: list[int] = []
    best: list[int] = []
    previous: list[int] = []
    for at, (_, new) in enumerate(pairs):
        length = bisect_left(ends, new)
        previous.append(best[length - 1] if length else -1)
        if length < len(ends):
            ends[length], best[length] = new, at
        else:
            ends.append(new)
            best.append(at)
    return _chain(pairs, previous, best[-1] if best else -1)


def _chain(pairs: list[tuple[int, int]], previous: list[int], last: int) -> list[tuple[int, int]]:
    chain: list[tuple[int, int]] = []
    while last >= 0:
        chain.append(pairs[last])
        last = previous[last]
    return chain[::-1]


def _once(lines: Sequence[str], start: int, end: int) -> dict[str, int]:
    """Where each line stands that occurs once in the range."""
    counts = Counter(lines[start:end])
    return {lines[at]: at for at in range(start, end) if counts[lines[at]] == 1}


def _matched(before: Sequence[str], after: Sequence[str], gap: Change) -> Iterator[Change]:
    """The changes in a gap between anchors."""
    old, new = before[gap.start : gap.end], after[gap.new_start : gap.new_end]
    counts = Counter(new)
    equal = sum(counts[line] for line in old)
    if not 0 < equal <= _MOST_PAIRS or len(old) * len(new) > _MOST_LINES:
        yield gap
        return
    from difflib import SequenceMatcher

    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield Change(gap.start + i1, gap.start + i2, gap.new_start + j1, gap.new_start + j2)
