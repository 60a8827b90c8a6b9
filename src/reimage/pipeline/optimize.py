"""Optimizes Dockerfiles without building them: survey, rewrite, patch, write."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reimage.dockerfile import Dockerfile, parse
from reimage.files import FilesError, read, write_all
from reimage.model import ContextFacts, ImageFacts
from reimage.model.images.policy import Policy
from reimage.pipeline.config import Config, ConfigError, find_config, load_config
from reimage.pipeline.digests import with_digests
from reimage.pipeline.errors import UsageError
from reimage.pipeline.options import Options
from reimage.pipeline.patching import contents, only_hunks, patches
from reimage.pipeline.policing import violation_reports
from reimage.pipeline.reporting import Names, as_proved, file_report, problem_reports
from reimage.pipeline.results import FileReport, Status
from reimage.pipeline.selection import select
from reimage.rewriting import Claim, Outcome, Transformation, rewrite
from reimage.rewriting.patches import Patch
from reimage.text import decode

if TYPE_CHECKING:
    from reimage.model.built_image import BuiltImage
    from reimage.pipeline.proving.proving import Proving
    from reimage.verify.smoke.plan import SmokeTest

__all__ = ["Options", "optimize_files", "optimize_text"]

_WORTH_A_SECOND_PROCESS = 40
"""files; below, starting it takes longer than it saves."""


class _Plan(NamedTuple):
    """What is to be done with one Dockerfile once options and configuration are joined."""

    transformations: tuple[Transformation, ...]
    allow: Claim
    context: Path | None
    status: Status
    excluded: bool
    policy: Policy
    named_contexts: frozenset[str]
    smoke: SmokeTest | None


def optimize_text(source: bytes, *, name: str, options: Options) -> tuple[FileReport, bytes]:
    """Optimize a Dockerfile that is no file. Nothing is read but the context that options name."""
    plan = _plan(Path(name), options, folder_is_context=False)
    options = with_digests([Path(name)], options, source)
    try:
        context = _context(plan, None)
    except FilesError as error:
        return FileReport(name, error=str(error)), source
    report, written = _optimize(source, name, plan, context, options)
    return report, written.get(name, source)


def optimize_files(
    paths: Sequence[Path], options: Options, tell: Callable[[str], object] = lambda note: None
) -> Iterator[FileReport]:
    """Optimize files, in order; with `options.write` each is replaced as soon as it is done.

    Raises UsageError before anything is touched. What is wrong with one file is in its report;
    `tell` is called with what is not about a file.
    """
    options = _asked_registries(paths, options)
    for note in options.images.notes if options.images else ():
        tell(note)
    workers = min(os.cpu_count() or 1, 8)
    if len(paths) < _WORTH_A_SECOND_PROCESS or workers < 2 or options.proving:
        return (optimize_file(path, options) for path in paths)
    from reimage.pipeline.workers import map_in_processes

    return map_in_processes(paths, options, workers)


def _asked_registries(paths: Sequence[Path], options: Options) -> Options:
    """The options with all that registries tell about the files, if they are to be asked.

    Raises UsageError before anybody is.
    """
    for path in {path.parent: path for path in paths}.values():
        _plan(path, options)
    return with_digests(paths, options)


def optimize_file(path: Path, options: Options) -> FileReport:
    """Optimize one file, and write it if the options say so."""
    name = path.as_posix()
    try:
        plan = _plan(path, options)
        options = with_digests([path], options)
        if plan.excluded:
            return FileReport(name)
        source = read(path)
        context = _context(plan, path)
        report, written = _optimize(source, name, plan, context, options)
        if options.write and written:
            write_all({Path(each): data for each, data in written.items()})
            if written.keys() != {name}:
                from reimage.context.survey import forget

                forget()
    except FilesError as error:
        return FileReport(name, error=str(error))
    return report


def _plan(path: Path, options: Options, *, folder_is_context: bool = True) -> _Plan:
    config = _config(path, options)
    allow = options.allow
    if allow is None:
        allow = _claim(config) if config.allow else _usual(options)
    context = None
    if not options.no_context:
        context = options.context or config.context
        if context is None and folder_is_context:
            context = path.parent
    return _Plan(
        select(
            options.select or config.select,
            (*options.ignore, *config.ignore),
            (*options.prefer, *config.prefer),
        ),
        allow,
        context,
        _status(options),
        config.excludes(path),
        config.policy,
        frozenset(config.pin.named_contexts),
        config.smoke,
    )


def _context(plan: _Plan, dockerfile: Path | None) -> ContextFacts | None:
    if plan.context is None:
        return None
    from reimage.context.survey import survey

    return survey(plan.context, dockerfile)


def _status(options: Options) -> Status:
    if options.write:
        return Status.WRITTEN
    return Status.PROVEN if options.proving else Status.SUGGESTED


def _config(path: Path, options: Options) -> Config:
    try:
        found = options.config or find_config(path.parent)
        config = load_config(found) if found else Config()
        return config.for_file(path)
    except ConfigError as error:
        raise UsageError(str(error)) from error


def _usual(options: Options) -> Claim:
    if options.usual is not None:
        return options.usual
    unproven = options.write and not options.proving
    return Claim.SAME_FILES if unproven else Claim.SAME_BEHAVIOUR


def _claim(config: Config) -> Claim:
    for claim in Claim:
        if claim.label == config.allow:
            return claim
    known = ", ".join(claim.label for claim in Claim)
    raise UsageError(f"{config.path}: allow = {config.allow!r} is no claim; it is one of {known}.")


def _optimize(
    source: bytes, name: str, plan: _Plan, context: ContextFacts | None, options: Options
) -> tuple[FileReport, dict[str, bytes]]:
    """The report, and the new content of every file that is to be written."""
    if b"\0" in source:
        return FileReport(name, error=f"{name} is not a text file: it holds NUL bytes."), {}
    parsed = parse(decode(source))
    if parsed.problems:
        problems = problem_reports(parsed.problems, parsed.tree.lines)
        return FileReport(name, problems=problems), {}
    rewritten = partial(_rewritten, parsed.tree, plan, context, options.images)
    outcome = rewritten(frozenset())
    if not outcome.converged:
        message = f"{name} is left as it is: its rewrites do not come to rest, which is our bug."
        return FileReport(name, error=message), {}
    violations = violation_reports(parsed.tree, plan.policy, plan.named_contexts)
    if options.proving and outcome.applied:
        informed = partial(_informed, parsed.tree, plan, context, options.images)
        report, files = _proved(
            options.proving, parsed.tree, rewritten, informed, name, plan, context
        )
        return report._replace(violations=violations), files
    made, report = _told(outcome, name, plan, context)
    report = report._replace(violations=violations)
    if options.hunks is not None:
        names = _names(name, plan, outcome)
        return only_hunks(report, outcome, names, made, context, options.hunks)
    return report, contents(outcome, _names(name, plan, outcome))


def _rewritten(
    tree: Dockerfile,
    plan: _Plan,
    context: ContextFacts | None,
    images: ImageFacts | None,
    without: frozenset[str],
) -> Outcome:
    return rewrite(
        tree,
        plan.transformations,
        allow=plan.allow,
        context=context,
        images=images,
        without=without,
    )


def _informed(
    tree: Dockerfile,
    plan: _Plan,
    context: ContextFacts | None,
    images: ImageFacts | None,
    built: BuiltImage,
) -> Callable[[frozenset[str]], Outcome]:
    """How it is rewritten once it is known what the image of the file as it was shows."""
    known = context and context._replace(built=built)
    return partial(_rewritten, tree, plan, known, images)


def _told(
    outcome: Outcome, name: str, plan: _Plan, context: ContextFacts | None
) -> tuple[list[Patch], FileReport]:
    names = _names(name, plan, outcome)
    made = patches(outcome, names, context)
    return made, file_report(outcome, names, made, plan.status)


def _proved(
    proving: Proving,
    tree: Dockerfile,
    rewritten: Callable[[frozenset[str]], Outcome],
    informed: Callable[[BuiltImage], Callable[[frozenset[str]], Outcome]],
    name: str,
    plan: _Plan,
    context: ContextFacts | None,
) -> tuple[FileReport, dict[str, bytes]]:
    """The same, of what builds and holds."""
    from buildkit_client.errors import BuildKitError
    from reimage.pipeline.proving.proving import Task
    from reimage.pipeline.proving.refused import NotProvable

    ignore = b""
    if plan.context and context:
        place = plan.context / context.ignore_path
        ignore = read(place) if place.is_file() else b""
    try:
        proved = proving(Task(tree, plan.context, context, ignore, rewritten, plan.smoke, informed))
    except NotProvable as error:
        return FileReport(name, error=str(error)), {}
    except BuildKitError as error:
        return FileReport(name, error=f"The builder failed: {str(error).rstrip('.')}."), {}
    outcome = replace(proved.outcome, dropped=[*proved.outcome.dropped, *proved.dropped])
    _, report = _told(outcome, name, plan, context)
    report = as_proved(report, proved.unchecked, tree.lines)._replace(build=proved.report)
    return report, contents(outcome, _names(name, plan, outcome))


def _names(name: str, plan: _Plan, outcome: Outcome) -> Names:
    folder = plan.context or Path()
    others = {path: os.path.normpath(folder / path) for path in outcome.files}
    return Names(name, {path: Path(full).as_posix() for path, full in others.items()})
