"""Merges RUNs whose separate layers cost bytes, or the right build."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reimage.model import Facts, RunFacts, Stage
from reimage.model.caches.layer_waste import may_waste, wasted_layers
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, transformation
from reimage.rewriting.edits.run_merging import merged
from reimage.text import Span

_MOST_BETWEEN = 3


class _Matter(NamedTuple):
    """A reason to merge the RUNs from `first` to `last`, by position in their block."""

    first: int
    last: int
    message: str


@transformation(claim=Claim.SAME_IMAGE, known_as=("DL3059",))
def merge_run_layers(facts: Facts) -> Iterator[Finding]:
    """Merge RUNs where the later one takes back or stores again what the earlier one wrote.

    Every RUN makes a layer, and a layer never gets smaller: a file that a later RUN removes is
    hidden and not gone, and one that gets another mode or owner is stored a second time
    (https://docs.docker.com/build/building/best-practices/#run). In one RUN neither happens. And
    an `apt-get update` in a RUN of its own comes from the build cache for as long as its line does
    not change, so that a later install asks for packages that mirrors no longer have; there the
    merge makes the build right, in stages that do not ship, too.

    The file system of the image stays the same. RUNs that merely follow one another stay apart,
    because each has its own place in the build cache. It refuses where one shell is not as good as
    two: different mounts, heredocs, variables, directories and options that the first script would
    leave to the second, processes that would go on, and scripts that can't be joined so that a
    failure still stops the build.
    """
    for stage in facts.stages:
        for block in _blocks(stage):
            if may_waste(stage, block):
                yield from _merges(facts, stage, block)


def _blocks(stage: Stage) -> Iterator[list[RunFacts]]:
    """The RUNs that follow one another without anything between them."""
    block: list[RunFacts] = []
    position = -1
    for run in stage.runs if len(stage.runs) > 1 else ():
        at = stage.position(run.run)
        if at != position + 1:
            if len(block) > 1:
                yield block
            block = []
        block.append(run)
        position = at
    if len(block) > 1:
        yield block


def _merges(facts: Facts, stage: Stage, block: list[RunFacts]) -> Iterator[Finding]:
    groups: list[_Matter] = []
    involved: set[int] = set()
    for later in range(1, len(block)):
        reasons = wasted_layers(stage, block, later)
        involved.update(reasons, [later] if reasons else [])
        found = _widest(facts, block, later, reasons, involved)
        if isinstance(found, Refusal):
            yield found
        elif found and groups and found.first <= groups[-1].last:
            groups.append(_together(facts, block, groups.pop(), found))
        elif found:
            groups.append(found)
    for group in groups:
        runs = block[group.first : group.last + 1]
        edits = merged(facts.dockerfile, runs)
        if not isinstance(edits, str):
            yield Rewrite(f"merges {len(runs)} RUNs: {group.message}", _around(runs), edits)


def _widest(
    facts: Facts,
    block: list[RunFacts],
    later: int,
    reasons: dict[int, str],
    involved: set[int],
) -> _Matter | Refusal | None:
    """The merge that reaches back furthest, a refusal where none is possible."""
    obstacle = None
    for earlier in sorted(reasons):
        between = len(set(range(earlier, later)) - involved)
        if between > _MOST_BETWEEN:
            obstacle = f"{between} RUNs in between would lose their own place in the build cache"
            continue
        edits = merged(facts.dockerfile, block[earlier : later + 1])
        if not isinstance(edits, str):
            return _Matter(earlier, later, reasons[earlier])
        obstacle = edits
    if obstacle is None:
        return None
    return Refusal(f"{next(iter(reasons.values()))}, but {obstacle}", block[later].run.span)


def _together(facts: Facts, block: list[RunFacts], one: _Matter, other: _Matter) -> _Matter:
    """Both merges in one; where that can't be done the other one has its turn in a later pass."""
    first = min(one.first, other.first)
    edits = merged(facts.dockerfile, block[first : other.last + 1])
    if isinstance(edits, str):
        return one
    message = one.message if other.message == one.message else f"{one.message}; {other.message}"
    return _Matter(first, other.last, message)


def _around(runs: Sequence[RunFacts]) -> Span:
    return Span(runs[0].run.span.start, runs[-1].run.span.end)
