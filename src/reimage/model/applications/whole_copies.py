"""A final stage that takes the whole folder in which something was built, and what of it runs."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from reimage.dockerfile import Copy
from reimage.model.applications.application import Application, Artifact
from reimage.model.applications.entry import entry
from reimage.model.applications.known import is_known
from reimage.model.applications.references import official
from reimage.model.applications.started_elsewhere import built_by_name, lacking
from reimage.model.context import ContextFacts
from reimage.model.copies.copied_files import destination
from reimage.model.facts import Facts
from reimage.model.paths import is_at_or_above
from reimage.model.stages import Stage


class WholeCopy(NamedTuple):
    """A COPY of all of `folder` from the stage `builder` to the same place."""

    copy: Copy
    builder: Stage
    folder: str


class Narrower(NamedTuple):
    """What is copied instead (`artifacts`, none where the COPY stays), and the `lines` that the
    build stage gets at its end."""

    artifacts: tuple[Artifact, ...]
    lines: tuple[str, ...]
    assumed: str | None


def whole_copies(stage: Stage) -> Iterator[WholeCopy]:
    """The COPYs of a final stage that take the working directory of a stage which builds."""
    for copy in stage.instructions:
        if not isinstance(copy, Copy) or len(copy.sources) != 1 or copy.from_ is None:
            continue
        builder = _named(stage, copy.from_)
        source = posixpath.normpath("/" + copy.sources[0].text.lstrip("/"))
        known = builder is not None and is_known(builder) and "$" not in source
        if builder is None or not known or source == "/" or source != builder.end.workdir:
            continue
        if destination(copy, stage) == source == stage.end.workdir:
            yield WholeCopy(copy, builder, source)


def narrower(
    facts: Facts, stage: Stage, whole: WholeCopy, context: ContextFacts
) -> Narrower | str | None:
    """What of the folder runs; a sentence where that can't be told; None where it is all of it."""
    from reimage.model.applications.recipes import application

    builder, folder = whole.builder, whole.folder
    found = application(builder, context, entry(stage))
    if found is None or isinstance(found, str):
        return found
    if not found.is_smaller:
        return None
    started = entry(stage)
    assert not isinstance(started, str)
    if problem := lacking(context, stage, started, stage.image or "", ()):
        return problem
    if official(builder.image or "", "node"):
        if not found.pruning:
            return None
        others = (each for each in facts.stages if each is not stage)
        if any(builder in (other.base, *other.uses) for other in others):
            return "another stage is built on the build stage, and may need what only tests use"
        return built_by_name(context, builder) or Narrower((), (found.pruning,), None)
    artifacts = _inside(found, folder)
    if artifacts is None or _has_more(found):
        return None
    return Narrower(artifacts, (), found.assumed)


def _has_more(found: Application) -> bool:
    """Whether the recipe wants more than files of the build stage: then the folder stays."""
    return bool(found.sources or found.replaced)


def _inside(found: Application, folder: str) -> tuple[Artifact, ...] | None:
    """The artifacts below the folder; None where the folder itself or none is among them.

    What another base lacks, and is copied to another place, the stage has already."""
    program = (found.program,) if found.program else ()
    every = [e for e in (*found.dependencies, *found.artifacts, *program) if e.to is None]
    if any(is_at_or_above(each.path, folder) for each in every):
        return None
    return tuple(each for each in every if is_at_or_above(folder, each.path)) or None


def _named(stage: Stage, name: str) -> Stage | None:
    for other in stage.uses:
        if name.lower() == other.name or name == str(other.index):
            return other
    return None
