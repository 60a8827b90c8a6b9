"""Which rewrites hold: level by level, and by bisection where something does not.

A set of rewrites is tried by rewriting the file again without the others. A claim is checked on
the rewrites that make it together with those that make a stronger one, for the image of all of
them says nothing about a claim that others do not make.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple, Protocol

from reimage.pipeline.proving.foundations import base_image
from reimage.rewriting import Claim, Dropped, Identified, Outcome

Rewritten = Callable[[frozenset[str]], Outcome]
"""The outcome without the rewrites of these ids."""


class Trying(Protocol):
    """Tries rewritten files."""

    def fails(self, outcome: Outcome, claim: Claim, *, blames: bool = True) -> str:
        """Why a file does not keep a claim; nothing where it does. Unless somebody is blamed for
        it, a doubt is enough."""
        ...

    def prepare(self, outcomes: Sequence[Outcome]) -> None:
        """These will be tried: they may be built already, while others are looked at."""
        ...


class Found(NamedTuple):
    """What holds, and what was dropped, with reasons. `order` are the ids of what holds, the
    strongest claims first; `keeping` gives the outcome of some of them."""

    outcome: Outcome
    dropped: tuple[Dropped, ...]
    order: tuple[str, ...]
    keeping: Callable[[Collection[str]], Outcome]


class Culprit(NamedTuple):
    """A rewrite that breaks something, and the one without which it would not."""

    id: str
    partner: str | None


def search(rewritten: Rewritten, trying: Trying, *, without: Collection[str] = ()) -> Found:
    """The largest part of the rewrites that was shown to hold; at worst none."""
    return _Search(rewritten, trying, frozenset(without)).run()


def culprit(
    ids: Sequence[str], fails: Callable[[Sequence[str]], object], *, fine: int = 0
) -> Culprit:
    """The first of `ids` that breaks what those before it did not, by bisection.

    All of them together fail; the first `fine` of them do not.
    """
    at = _first(fine, len(ids), lambda count: fails(ids[:count]))
    guilty, others = ids[at - 1], ids[: at - 1]
    if not others or fails([guilty]):
        return Culprit(guilty, None)
    partner = _first(0, len(others), lambda count: fails([*others[:count], guilty]))
    return Culprit(guilty, others[partner - 1])


def _first(fine: int, broken: int, fails: Callable[[int], object]) -> int:
    """A count that fails where one less does not; `broken` is known to fail, and `fine` not to."""
    while broken - fine > 1:
        middle = (fine + broken) // 2
        if fails(middle):
            broken = middle
        else:
            fine = middle
    return broken


class _Search:
    def __init__(self, rewritten: Rewritten, trying: Trying, without: frozenset[str]) -> None:
        self._rewritten = rewritten
        self._trying = trying
        self._whole = rewritten(without)
        self._rewrites = {one.id: one for one in self._whole.applied}
        self._known = set(self._rewrites) | without
        self._levels = levels(self._whole.applied)
        self._reasons: dict[str, str] = {}

    def run(self) -> Found:
        good: list[str] = []
        present = sorted(set(self._levels.values()))
        self._trying.prepare([self._whole, *self._surely(present)])
        implied = self._strongest(present)
        unproven = [level for level in present if implied is None or level < implied]
        for level in present:
            fresh = [id for id, its in self._levels.items() if its is level]
            if self._reasons or level in unproven:
                fresh = self._holding(good, fresh, level)
            good += fresh
        outcome = self._keeping(good)
        applied = {one.id for one in outcome.applied}
        order = tuple(id for id in good if id in applied)
        return Found(outcome, tuple(self._dropped(outcome)), order, self._keeping)

    def _surely(self, present: Sequence[Claim]) -> Iterator[Outcome]:
        """What will be asked for besides the whole, as that ends on another base: then it keeps its
        weakest claim only."""
        for level in present[:-1]:
            stronger = self._keeping(self._up_to(level))
            if base_image(stronger.text) != base_image(self._whole.text):
                yield stronger

    def _strongest(self, present: Sequence[Claim]) -> Claim | None:
        """The strongest claim that all rewrites together keep: then so do all weaker ones."""
        for level in present:
            if not self._trying.fails(self._whole, level, blames=level is present[-1]):
                return level
            if level is not present[-1]:
                # It is to be checked by itself; meanwhile the whole is looked at further.
                self._trying.prepare([self._keeping(self._up_to(level))])
        return None

    def _up_to(self, level: Claim) -> list[str]:
        return [id for id, its in self._levels.items() if its <= level]

    def _holding(self, good: Sequence[str], fresh: Sequence[str], level: Claim) -> list[str]:
        """Those of `fresh` that keep `level` beside `good`."""
        left = list(fresh)

        def fails(ids: Sequence[str]) -> str:
            return self._trying.fails(self._keeping(ids), level) if ids else ""

        while left and fails([*good, *left]):
            found = culprit([*good, *left], fails, fine=len(good))
            pair = [found.partner] if found.partner else []
            # With the two alone it may be another failure, or none: then the first one counts.
            reason = fails([*pair, found.id]) or fails([*good, *left])
            self._reasons[found.id] = reason + self._together(found.partner)
            left.remove(found.id)
        return left

    def _together(self, partner: str | None) -> str:
        if partner is None:
            return ""
        one = self._rewrites[partner]
        line = self._whole.source.count("\n", 0, one.original.start) + 1
        return f" (only together with {one.transformation.title} of line {line})"

    def _keeping(self, ids: Collection[str]) -> Outcome:
        """The outcome of these alone: what comes in the place of another one is left out, too."""
        kept = frozenset(ids)
        while True:
            outcome = self._rewritten(frozenset(self._known - kept))
            others = {one.id for one in outcome.applied} - kept
            if not others - self._known:
                return outcome
            self._known |= others

    def _dropped(self, outcome: Outcome) -> list[Dropped]:
        applied = {one.id for one in outcome.applied}
        gone = [one for one in self._whole.applied if one.id not in applied]
        return [Dropped(one, self._reasons.get(one.id) or _BASE_GONE) for one in gone]


_BASE_GONE = "it builds on a rewrite that was dropped"


def levels(applied: Sequence[Identified]) -> dict[str, Claim]:
    """The claim of each rewrite, by id; not stronger than those of the rewrites it builds on."""
    found: dict[str, Claim] = {}
    for one in applied:
        found[one.id] = max([one.claim, *(found[id] for id in one.builds_on if id in found)])
    return found
