"""A final stage that only holds a static program of Go: it runs on an image with nothing else."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from reimage.dockerfile import Copy, Healthcheck, Onbuild, Shell
from reimage.model.applications.accounts import accounts
from reimage.model.applications.distroless import installs_only_what_is_there, lacking_program
from reimage.model.applications.entry import Entry, entry
from reimage.model.applications.go import cgo
from reimage.model.applications.go_programs import programs
from reimage.model.applications.plain_start import in_exec_form
from reimage.model.applications.programs import is_on_every_path, started_program
from reimage.model.applications.references import official
from reimage.model.applications.shared_libraries import STATIC, asks_for_more
from reimage.model.applications.started_elsewhere import built_by_name, lacking
from reimage.model.applications.steps import steps
from reimage.model.context import ContextFacts, NeedsContext
from reimage.model.copies.copied_files import destination
from reimage.model.facts import Facts
from reimage.model.paths import is_at_or_above
from reimage.model.stages import Stage
from reimage.text import Edit, Span

_BASES = ("alpine", "busybox", "debian", "ubuntu")


class StaticFinal(NamedTuple):
    """The `image` that is enough, and what else changes: how the program is started, and that it is
    built without C."""

    image: str
    edits: tuple[Edit, ...]


def static_final(facts: Facts, stage: Stage) -> StaticFinal | NeedsContext | str | None:
    """None where the stage holds no program of a stage with Go's toolchain."""
    word = stage.from_.image
    if stage.base or word is None or official(stage.image or "", *_BASES) is None:
        return None
    builders = [each for each in stage.uses if official(each.image or "", "golang")]
    if not builders:
        return None
    if facts.context is None:
        return NeedsContext()
    if word.text != stage.image or "@" in word.text:
        return "a build argument or a digest decides what it starts from"
    started = entry(stage)
    if isinstance(started, str):
        return started
    plain = in_exec_form(stage) if started.shell else ()
    if plain is None:
        return "a shell starts the program, and a distroless image has none: use the exec form"
    if problem := _asks_for_a_system(stage, started) or asks_for_more(facts.context):
        return problem
    found = _built(facts, stage, started, facts.context)
    if isinstance(found, str):
        return found
    told = lacking(facts.context, stage, started, STATIC, ())
    return told or StaticFinal(STATIC, (*plain, *found))


def _asks_for_a_system(stage: Stage, started: Entry) -> str | None:
    for each in stage.instructions:
        if isinstance(each, Onbuild | Shell):
            return f"{each.keyword} speaks of a shell, and a distroless image has none"
        if isinstance(each, Healthcheck) and each.kind != "NONE":
            return "HEALTHCHECK starts a program that a distroless image does not have"
    for run in stage.runs:
        if not installs_only_what_is_there(run) and accounts(run) is None:
            return "a RUN needs a shell, and a distroless image has none"
    return lacking_program(started)


def _built(
    facts: Facts, stage: Stage, started: Entry, context: ContextFacts
) -> tuple[Edit, ...] | str:
    """What makes the program static: nothing, or a line in the stage that builds it."""
    path = started_program(started, stage)
    for copy in stage.instructions:
        if not isinstance(copy, Copy) or path is None:
            continue
        for builder in stage.uses:
            made = {each for run in builder.runs for each in programs(run, builder, context)}
            if _is_named(builder, copy) and made.intersection(_brought(copy, stage, path)):
                return _without_c(facts, stage, builder, context)
    return f"what it starts, {started.program}, is not known to be what go build makes"


def _brought(copy: Copy, stage: Stage, path: str) -> Iterator[str]:
    """What of another stage the COPY may put at `path`."""
    target = destination(copy, stage)
    if not copy.from_ or target is None or not is_on_every_path(path, stage):
        return
    for word in copy.sources:
        source = posixpath.normpath("/" + word.text.lstrip("/"))
        if path in (target, posixpath.join(target, posixpath.basename(source))):
            yield source
        elif is_at_or_above(target, path):  # what is copied is a folder
            yield posixpath.join(source, posixpath.relpath(path, target))


def _is_named(stage: Stage, copy: Copy) -> bool:
    return (copy.from_ or "").lower() in (stage.name, str(stage.index))


def _without_c(
    facts: Facts, stage: Stage, builder: Stage, context: ContextFacts
) -> tuple[Edit, ...] | str:
    if builder.from_.platform != stage.from_.platform:
        return "the build stage is for another platform"
    known = steps(builder)
    if isinstance(known, str):
        return f"the build is not understood: {known}"
    found = cgo(known, context)
    if isinstance(found, str):
        return found
    if found.on:
        return "it may be linked to C libraries"
    if not found.switch:
        return ()
    others = (each for each in facts.stages if each is not stage)
    if any(builder in (each.base, *each.uses) for each in others):
        return "another stage is built on the build stage, too"
    if problem := built_by_name(context, builder):
        return problem
    newline = builder.from_.newline
    return tuple(
        Edit(
            Span(each.before.full_span.start, each.before.full_span.start),
            "".join(line + newline for line in each.lines),
        )
        for each in found.switch
        if each.before is not None
    )
