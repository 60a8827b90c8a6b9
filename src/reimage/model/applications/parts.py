"""Which files of a stage the application runs with, apart from what its ecosystem installs."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from types import MappingProxyType
from typing import NamedTuple

from reimage.dockerfile import Add, Copy
from reimage.model.applications.application import Artifact
from reimage.model.applications.references import official
from reimage.model.applications.steps import Kind, Step, written
from reimage.model.copies.copied_files import copied_files, destination
from reimage.model.copies.file_effects import Effect, Place
from reimage.model.paths import is_at_or_above
from reimage.model.stages import Stage

_NOT_NEEDED = ("/tmp", "/var/tmp", "/root/.cache", "/var/cache", "/var/lib/apt/lists", "/var/log")
_SHARED = frozenset(
    "/ /bin /etc /home /lib /lib64 /opt /root /sbin /srv /usr /usr/bin /usr/lib /usr/local"
    " /usr/local/bin /usr/local/lib /usr/local/sbin /usr/local/share /usr/sbin /usr/share /var"
    " /var/lib".split()
)

_START = "?0"  # as copied_files says it
_STARTS = MappingProxyType(
    {**dict.fromkeys(("eclipse-temurin", "gcc", "node", "python", "rust"), "/"), "golang": "/go"}
)
"""Official images → their WORKDIR, as their Dockerfiles have it."""


class Parts(NamedTuple):
    """`again` are COPYs of the context that nothing in the stage changes; `artifacts` the rest."""

    again: tuple[Copy | Add, ...]
    artifacts: tuple[Artifact, ...]


def parts(stage: Stage, steps: Sequence[Step], made_elsewhere: Sequence[str]) -> Parts | str:
    """What the final stage copies; a sentence where that can't be told.

    What lies at or below `made_elsewhere` is the recipe's own affair.
    """
    again: list[Copy | Add] = []
    roots: list[str] = []
    for copy in stage.instructions:
        if not isinstance(copy, Copy | Add):
            continue
        targets = _targets(copy, stage)
        if isinstance(targets, str):
            return targets
        later = [step for step in steps if step.run.run.span.start > copy.span.start]
        if any(_touches(step, target) for step in later for target in targets):
            roots += targets
        else:
            again.append(copy)
    targets_again = [t for c in again for t in _targets(c, stage)]
    for place in written(tuple(steps)):
        if problem := _unclear(place, made_elsewhere):
            return problem
        if not _is_left_out(place.path, made_elsewhere) and place.path not in targets_again:
            roots.append(place.path)
    artifacts = []
    for path in _outermost(roots):
        owner = _owner(path, steps)
        if owner is not None and not owner:
            return f"files below {path} have owners of their own, which a copy would not keep"
        artifacts.append(Artifact(path, owner))
    return Parts(tuple(_not_covered(again, stage)), tuple(artifacts))


def made_beside(program: str, found: Parts, steps: Sequence[Step]) -> tuple[Artifact, ...]:
    """Files and directories that other commands than the compiler make and that stay."""
    owners = {each.path: each.owner for each in found.artifacts}
    places = written([step for step in steps if step.kind is not Kind.BUILD])
    paths = dict.fromkeys(place.path for place in places)
    return tuple(
        Artifact(path, owners.get(path))
        for path in paths
        if not is_at_or_above(path, program) and not is_left_behind(path)
    )


def _not_covered(copies: Sequence[Copy | Add], stage: Stage) -> Iterator[Copy | Add]:
    """Without those whose files come again with all of the context, into the same directory."""
    for at, copy in enumerate(copies):
        covering = (other for other in copies[at + 1 :] if _sources(other) in ((".",), ("./",)))
        plain = isinstance(copy, Copy) and not copy.flags and _is_flat(copy)
        if not (plain and any(destination(c, stage) == destination(copy, stage) for c in covering)):
            yield copy


def _sources(copy: Copy | Add) -> tuple[str, ...]:
    return tuple(word.text for word in copy.sources)


def _is_flat(copy: Copy) -> bool:
    """Whether all that is copied lies at the top of the context."""
    return all("/" not in source.removeprefix("./") for source in _sources(copy))


def _targets(copy: Copy | Add, stage: Stage) -> tuple[str, ...] | str:
    """The places that the COPY writes: its files in a shared directory, else the whole target."""
    target = _from_the_start(destination(copy, stage), stage)
    if target is None or target.startswith("?"):
        return f"it is not known where {copy.keyword} {copy.arguments.text} writes"
    if target not in _SHARED:
        return (target,)
    if isinstance(copy, Copy):
        found = copied_files(copy, stage, None)
        if found.places and not found.doubt:
            return tuple(sorted(_from_the_start(each, stage) or each for each in found.places))
    return f"{copy.keyword} writes to {target}, among the files of the base image"


def _from_the_start(path: str | None, stage: Stage) -> str | None:
    """The place seen from the WORKDIR of the base, which the stage has not changed yet."""
    if path is None or not path.startswith(_START):
        return path
    base = official(stage.image or "", *_STARTS)
    return posixpath.join(_STARTS[base.name], path[len(_START) + 1 :]) if base else path


def _touches(step: Step, target: str) -> bool:
    """Whether the step makes or changes files at or below `target`."""
    if step.kind is Kind.BUILD:
        return is_at_or_above(target, _directory(step)) or is_at_or_above(_directory(step), target)
    return step.kind is Kind.FILES and any(
        is_at_or_above(target, effect.place.path)
        or (effect.place.tree and is_at_or_above(effect.place.path, target))
        for effect in step.effects
    )


def _directory(step: Step) -> str:
    return step.run.state.workdir or "/"


def _unclear(place: Place, made_elsewhere: Sequence[str]) -> str | None:
    path = place.path
    if _is_left_out(path, made_elsewhere):
        return None
    if path.startswith(("?", "~", "package:")) or "$" in path or any(c in path for c in "*?["):
        return f"it is not known which files {path} are"
    if path in _SHARED:
        return f"a RUN writes to {path}, among the files of the base image"
    return None


def is_left_behind(path: str) -> bool:
    """Whether it lies among caches, logs and other files that no image needs."""
    return any(is_at_or_above(each, path) for each in _NOT_NEEDED)


def _is_left_out(path: str, made_elsewhere: Sequence[str]) -> bool:
    return is_left_behind(path) or any(is_at_or_above(each, path) for each in made_elsewhere)


def _outermost(paths: Iterable[str]) -> Iterator[str]:
    """Without those that lie below another; the order stays."""
    found = [posixpath.normpath(path) for path in dict.fromkeys(paths)]
    for path in found:
        if not any(other != path and is_at_or_above(other, path) for other in found):
            yield path


def _owner(path: str, steps: Sequence[Step]) -> str | None:
    """What `chown` gives the whole of `path` to, None if nothing; "" where only a part of it."""
    owner: str | None = None
    for step in steps:
        if step.command.name not in ("chown", "chgrp"):
            continue
        for effect in step.effects:
            if effect.effect is Effect.REMOVE:
                continue
            inside = is_at_or_above(path, effect.place.path)
            alone = effect.place.path == path and _is_empty(path, steps)
            if alone or (is_at_or_above(effect.place.path, path) and effect.place.tree):
                named = step.command.operands[0].value if step.command.operands else None
                owner = named if named and step.command.name == "chown" else ""
            elif inside:
                owner = ""
    return owner


def _is_empty(path: str, steps: Sequence[Step]) -> bool:
    """Whether a RUN makes the directory, and none writes into it."""
    effects = [e for s in steps for e in s.effects if is_at_or_above(path, e.place.path)]
    return any(e.effect is Effect.MAKE for e in effects) and not any(
        e.effect is Effect.WRITE or e.place.path != path for e in effects
    )
