"""Merges RUNs whose separate layers cost bytes or a right build."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reimage.dockerfile import Run
from reimage.model import Facts, RunFacts, Stage
from reimage.model.file_effects import Effect, Place, covers
from reimage.model.package_effects import family
from reimage.model.paths import UNKNOWN, is_at_or_above, names_in
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, transformation
from reimage.rewriting.run_merging import merged
from reimage.shell import PackageOperation, Verb
from reimage.text import Span

_MOST_BETWEEN = 3
_TAKES_BACK = re.compile(
    r"\b(?:rm|mv|unlink|clean|purge|remove|uninstall|del|erase|cache|g?unzip|chmod|chown|chgrp)\b"
)
_FETCHES_LISTS = re.compile(r"\b(?:update|pacman|refresh|ref)\b")
_ASSIGNED = re.compile(r"(?<![\w-])(?:(?:for|read|select)\s+)?(\w+)(?:=|\s+in\b)")
_KEEPS_LISTS = frozenset(("apt", "apk", "pacman", "zypper"))


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
            if _may_matter(stage, block):
                yield from _merges(facts, stage, block)


def _blocks(stage: Stage) -> Iterator[list[RunFacts]]:
    """The RUNs that follow one another without anything between them."""
    block: list[RunFacts] = []
    position = -1
    for run in stage.runs if len(stage.runs) > 1 else ():
        at = stage.position(run.run)
        if at != position + 1 and len(block) > 1:
            yield block
        block = [*block, run] if at == position + 1 else [run]
        position = at
    if len(block) > 1:
        yield block


def _may_matter(stage: Stage, block: list[RunFacts]) -> bool:
    fetches = any(_FETCHES_LISTS.search(run.run.logical.text) for run in block[:-1])
    return fetches or stage.ships and _takes_back(block[1:])


def _takes_back(runs: Sequence[RunFacts]) -> bool:
    return any(_TAKES_BACK.search(run.run.logical.text) for run in runs)


def _merges(facts: Facts, stage: Stage, block: list[RunFacts]) -> Iterator[Finding]:
    groups: list[_Matter] = []
    involved: set[int] = set()
    for later in range(1, len(block)):
        reasons = _reasons(stage, block, later)
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
            yield Rewrite(group.message, _around(runs), edits)


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
    """Both merges in one where that can be done; the other one has its turn later where it can't."""
    first = min(one.first, other.first)
    edits = merged(facts.dockerfile, block[first : other.last + 1])
    if isinstance(edits, str):
        return one
    message = one.message if other.message == one.message else f"{one.message}; {other.message}"
    return _Matter(first, other.last, message)


def _around(runs: Sequence[RunFacts]) -> Span:
    return Span(runs[0].run.span.start, runs[-1].run.span.end)


def _reasons(stage: Stage, block: list[RunFacts], later: int) -> dict[int, str]:
    """Why the RUN at `later` belongs to earlier ones, by their position, the nearest first."""
    reasons: dict[int, str] = {}
    removed: list[Place] = []
    wanted = _lists_wanted(block[later])
    takes_back = stage.ships and _takes_back(block[later : later + 1])
    if not wanted and not takes_back:
        return {}
    for earlier in range(later - 1, -1, -1):
        run = block[earlier]
        left = [place for place in _left(run) if not _removed(place, removed)]
        reason = _stale_lists(run, wanted, left)
        if takes_back and not reason:
            reason = _stored_in_vain(run, block[later], left)
        if reason:
            reasons[earlier] = reason
        removed += [place for effect, place, _ in run.file_effects if effect is Effect.REMOVE]
        for operation in _updates(run):
            wanted.pop(family(operation), None)
    return reasons


def _updates(run: RunFacts) -> Iterator[PackageOperation]:
    return (operation for operation in run.operations if operation.verb is Verb.UPDATE)


def _lists_wanted(run: RunFacts) -> dict[str, PackageOperation]:
    """The installs, by family of package managers, that use lists which the RUN does not fetch."""
    wanted: dict[str, PackageOperation] = {}
    fetched: set[str] = set()
    for operation in run.operations:
        name = family(operation)
        if operation.verb is Verb.UPDATE or operation.has("--no-cache", "-U", "--update-cache"):
            fetched.add(name)
        elif operation.verb in (Verb.INSTALL, Verb.UPGRADE) and name not in fetched:
            wanted.setdefault(name, operation)
    return {name: wanted[name] for name in wanted.keys() & _KEEPS_LISTS}


def _stale_lists(
    run: RunFacts, wanted: dict[str, PackageOperation], left: list[Place]
) -> str | None:
    for update in _updates(run):
        install = wanted.get(family(update))
        kept = {place.path for place in left}.intersection(update.manager.list_directories)
        if install and kept:
            said = f"{install.command.name} {install.verb.value}"
            return f"{said} uses package lists that the build cache keeps however old they are"
    return None


def _stored_in_vain(run: RunFacts, later: RunFacts, left: list[Place]) -> str | None:
    """What of the layer of `run` the later RUN removes or stores again."""
    if not left:
        return None
    local = _assigned(run) | _assigned(later)
    for effect, place, command in later.file_effects:
        if effect is Effect.WRITE or names_in(place.path) & local:
            continue
        for written in left:
            if covers(place, written) and not names_in(written.path) & local:
                what = _named(min(place.path, written.path, key=_globs_last))
                if effect is Effect.REMOVE:
                    return f"{what} stays in its layer although a later RUN removes it"
                return f"{command.name} in a RUN of its own stores {what} a second time"
    return None


def _globs_last(path: str) -> tuple[bool, int]:
    return "*" in path, -len(path)


def _named(path: str) -> str:
    path = path.removeprefix(f"{UNKNOWN}/")
    return f"the package {path.rpartition('/')[2]}" if path.startswith("package:") else path


def _assigned(run: RunFacts) -> frozenset[str]:
    """The variables that the script itself sets, so that another script's have other values."""
    return frozenset(_ASSIGNED.findall(run.script.text)) if run.script else frozenset()


def _left(run: RunFacts) -> list[Place]:
    """What the RUN writes into its layer and does not remove itself."""
    left: list[Place] = []
    for effect, place, _ in run.file_effects:
        if effect is Effect.REMOVE:
            left = [each for each in left if not _removed(each, [place])]
        elif effect is Effect.WRITE and not _hidden(place, run):
            left.append(place)
    return left


def _removed(place: Place, removed: Sequence[Place]) -> bool:
    return any(
        is_at_or_above(each.path, place.path) or each.path == f"{place.path}/*" for each in removed
    )


def _hidden(place: Place, run: RunFacts) -> bool:
    return any(is_at_or_above(directory, place.path) for directory in run.hidden_directories)
