"""What each rewrite saved: the images that its way leads over, measured one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from reimage.pipeline.proving.exporting import work
from reimage.pipeline.proving.refused import NotBuilt
from reimage.pipeline.proving.results import SavingReport

if TYPE_CHECKING:
    from reimage.pipeline.proving.building import BuildBench, Built
    from reimage.rewriting import Outcome

Renewed = Callable[["Built"], int | None]
"""The bytes that a change of a source file makes new."""


class Way(NamedTuple):
    """From the original to the result: ids of rewrites in the order in which they are added, and
    the outcome of some of them."""

    order: Sequence[str]
    keeping: Callable[[Collection[str]], Outcome]

    def after(self, count: int) -> Outcome:
        """The outcome of the first ones."""
        return self.keeping(self.order[:count])


def savings(
    bench: BuildBench, way: Way, last: Built, renewed: Renewed, *, each: bool
) -> tuple[SavingReport, ...]:
    """After less before, for each part of the way; the parts add up to the whole.

    With `each` a part is split as long as its images differ in size, so that most parts are one
    rewrite; otherwise only where the proof built something anyway.
    """
    points = {0: bench.original, len(way.order): last}
    for count in range(1, len(way.order)):
        if found := bench.known(way.after(count)):
            points[count] = found
    if each:
        _split(bench, way, points)
    names = {one.id: one.transformation.title for one in way.after(len(way.order)).applied}
    return tuple(
        _saving(bench, way.order[one:two], names, (points[one], points[two]), renewed)
        for one, two in pairwise(sorted(points))
    )


def whole(bench: BuildBench, last: Built, renewed: Renewed) -> SavingReport:
    """From the original to the result."""
    return _saving(bench, (), {}, (bench.original, last), renewed)


def _split(bench: BuildBench, way: Way, points: dict[int, Built]) -> None:
    """Build what lies between images of different size, half by half."""
    given_up: set[int] = set()
    while middles := [
        middle
        for one, two in pairwise(sorted(points))
        if _sizes(points[one]) != _sizes(points[two])
        for middle in [_middle(one, two, given_up)]
        if middle
    ]:
        bench.build_together([way.after(middle) for middle in middles])
        for middle in middles:
            try:
                points[middle] = bench.built(way.after(middle))
            except NotBuilt:  # a part of the rewrites need not build
                given_up.add(middle)


def _middle(one: int, two: int, given_up: Collection[int]) -> int:
    """A count between two; 0 where there is none left."""
    left = [count for count in range(one + 1, two) if count not in given_up]
    return left[len(left) // 2] if left else 0


def _sizes(built: Built) -> list[int]:
    return [layer.content_size for layer in built.subject.image.layers]


def _saving(
    bench: BuildBench,
    ids: Sequence[str],
    names: dict[str, str],
    built: tuple[Built, Built],
    renewed: Renewed,
) -> SavingReport:
    before, after = built
    one, two = before.subject.image, after.subject.image
    return SavingReport(
        rewrites=tuple(ids),
        names=tuple(dict.fromkeys(names[id] for id in ids)),
        size=two.content_size - one.content_size,
        compressed_size=_less(two.compressed_size, one.compressed_size),
        layers=len(two.layers) - len(one.layers),
        seconds=_seconds(bench.took, before, after),
        renewed=_less(renewed(after), renewed(before)),
    )


def _less(after: int | None, before: int | None) -> int | None:
    return None if after is None or before is None else after - before


def _seconds(took: dict[str, float], before: Built, after: Built) -> float | None:
    """The work of steps that only one of them has; None where one was never seen at work, because
    its result was in the builder's cache from the start."""
    one, two = (Counter(map(work, built.steps)) for built in (before, after))
    gone, new = _sum(took, one - two), _sum(took, two - one)
    return None if gone is None or new is None else round(new - gone, 3)


def _sum(took: dict[str, float], works: Counter[str]) -> float | None:
    seconds = [took.get(name) for name in works.elements()]
    return None if None in seconds else sum(each for each in seconds if each is not None)
