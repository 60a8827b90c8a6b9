"""A stage cut in two: one that builds, and one behind it that holds what runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from reimage.dockerfile import (
    Add,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Instruction,
    Label,
    Maintainer,
    Run,
    Shell,
    Stopsignal,
    User,
    Volume,
    Workdir,
)
from reimage.model import Stage
from reimage.model.applications.application import Application, Artifact
from reimage.model.applications.steps import Kind, Step
from reimage.model.paths import is_at_or_above
from reimage.rewriting.edits.packages import install_packages
from reimage.text import Edit, Span, apply_edits, late

BUILD = "build"
_OF_THE_IMAGE = (
    Cmd, Entrypoint, Expose, Healthcheck, Label, Maintainer, Stopsignal, User, Volume,
)  # fmt: skip
_BLANK_LINES_BEFORE = late(r"(?:\A|(?<=\n))(?:[ \t]*\r?\n)+\Z")
_LONGEST_GAP = 400
# Variables that only the tools of a build read.
_FOR_THE_BUILD = late(
    r"CGO_\w+|GO(?:OS|ARCH|PROXY|FLAGS|PATH|SUMDB|PRIVATE|111MODULE|CACHE)|GO111MODULE"
    r"|DEBIAN_FRONTEND|PIP_\w+|POETRY_\w+|UV_\w+|npm_config_\w+|NPM_CONFIG_\w+"
)


class _Split(NamedTuple):
    """Which instructions go (`moved`), and which stand in both stages (`repeated`)."""

    stage: Stage
    application: Application
    last: int
    moved: tuple[Instruction, ...]
    repeated: tuple[Instruction, ...]


def split_stage(
    stage: Stage, application: Application, steps: Sequence[Step], source: str
) -> tuple[Edit, ...]:
    """The edits that make `stage` the build stage and write the final one behind it."""
    split = _divided(stage, application)
    edits = [_named(stage.from_, build_name(stage), source)]
    edits += [Edit(_with_gap(each, source), "") for each in split.moved]
    edits += application.edited
    edits += _inside(split, source)
    edits.append(_appended(split, steps, source))
    return tuple(edits)


def _inside(split: _Split, source: str) -> Iterator[Edit]:
    """The lines that the build stage gets between its instructions."""
    newline = split.stage.from_.newline
    for before, lines, closely in split.application.added:
        if before is None:
            continue
        at = before.full_span.start
        text = "".join(line + newline for line in lines)
        if closely or before in split.moved:  # whose blank lines go with it
            at = _with_gap(before, source).start
        elif _gap(before, source) and at != before.span.start:
            text += newline
        yield Edit(Span(at, at), text)


def build_name(stage: Stage) -> str:
    """What the stage that builds is called: not as the stage was, whose name the final one has."""
    return "builder" if stage.name == BUILD else BUILD


def _divided(stage: Stage, application: Application) -> _Split:
    again = {id(copy) for copy in application.sources}
    last = max(
        stage.position(each)
        for each in stage.instructions
        if isinstance(each, Run) or (isinstance(each, Copy | Add) and id(each) not in again)
    )
    moved: list[Instruction] = []
    repeated: list[Instruction] = []
    for each in stage.instructions:
        behind = stage.position(each) > last
        if isinstance(each, _OF_THE_IMAGE) or (behind and not isinstance(each, Run)):
            moved.append(each)
        elif isinstance(each, Workdir | Shell) or id(each) in again or _is_for_running(each):
            repeated.append(each)
    in_vain = [each for each in repeated if _is_in_vain(each, stage, [*moved, *repeated])]
    repeated = [each for each in repeated if each not in in_vain]
    repeated += _arguments(stage, [*moved, *repeated])
    repeated.sort(key=stage.position)
    return _Split(stage, application, last, tuple(moved), tuple(repeated))


def _is_in_vain(workdir: Instruction, stage: Stage, kept: Sequence[Instruction]) -> bool:
    """Whether it is the directory of a build, which another WORKDIR follows before it is used."""
    if not isinstance(workdir, Workdir):
        return False
    behind = [each for each in stage.instructions if stage.position(each) > stage.position(workdir)]
    following = next((each for each in behind if isinstance(each, Workdir)), None)
    if following is None or not following.value.startswith("/"):
        return False
    before = behind[: behind.index(following)]
    is_built_in = any(isinstance(each, Run) for each in before)
    used = [each for each in before if each in kept and not isinstance(each, Arg | Env | Label)]
    return is_built_in and not used


def _is_for_running(instruction: Instruction) -> bool:
    return isinstance(instruction, Env) and not all(
        _FOR_THE_BUILD.fullmatch(pair.key) for pair in instruction.pairs
    )


def _arguments(stage: Stage, used_by: Sequence[Instruction]) -> Iterator[Instruction]:
    """The ARGs whose value is asked for in the final stage."""
    text = "\n".join(each.logical.text for each in used_by)
    for each in stage.instructions:
        if isinstance(each, Arg) and each not in used_by:
            names = "|".join(re.escape(pair.key) for pair in each.pairs)
            if names and re.search(rf"\$\{{?(?:{names})\b", text):
                yield each


def _named(from_: From, name: str, source: str) -> Edit:
    """FROM with the name of the build stage."""
    assert from_.image is not None
    if from_.alias:
        return Edit(from_.alias.span, name)
    keyword = "as" if from_.keyword_span.of(source).islower() else "AS"
    end = from_.image.span.end
    return Edit(Span(end, end), f" {keyword} {name}")


def _with_gap(instruction: Instruction, source: str) -> Span:
    """The instruction with its comments and the blank lines in front of it."""
    start, end = instruction.full_span
    return Span(start - _gap(instruction, source), end)


def _gap(instruction: Instruction, source: str) -> int:
    """How many characters the blank lines in front of it have."""
    start = instruction.full_span.start
    gap = _BLANK_LINES_BEFORE.search(source[max(0, start - _LONGEST_GAP) : start])
    return len(gap[0]) if gap else 0


def _appended(split: _Split, steps: Sequence[Step], source: str) -> Edit:
    stage, newline = split.stage, split.stage.from_.newline
    # Blank lines at the end of the file would stand between the stages.
    end, start = len(source), source.find("\n", len(source.rstrip())) + 1
    start = max(start or end, stage.instructions[-1].full_span.end)
    lines = [
        line for before, added, _ in split.application.added if before is None for line in added
    ]
    ends_in_the_middle = not source.endswith("\n") and stage.instructions[-1] not in split.moved
    text = newline if ends_in_the_middle else ""
    text += "".join(line + newline for line in lines) + newline
    text += "".join(_final_stage(split, steps, source))
    return Edit(Span(start, end), text)


def _final_stage(split: _Split, steps: Sequence[Step], source: str) -> Iterator[str]:
    """FROM and its instructions, with blank lines where the file has them between these."""
    stage, application = split.stage, split.application
    newline = stage.from_.newline
    yield _final_from(stage, application, source) + newline
    is_apart = False
    for each, texts in _groups(split, steps, source):
        is_apart = is_apart or (each is not None and _gap(each, source) > 0)
        for text in texts:
            yield newline + text if is_apart else text
            is_apart = False


def _groups(
    split: _Split, steps: Sequence[Step], source: str
) -> Iterator[tuple[Instruction | None, list[str]]]:
    """What stands in the final stage for each instruction of the file."""
    stage, application = split.stage, split.application
    newline = stage.from_.newline
    begin = (*install_packages(application.packages), *_accounts(steps))
    yield stage.instructions[0], [line + newline for line in begin]
    around, sources = _apart(stage, application.artifacts)
    build = build_name(stage)
    dependencies = _copies(_apart_from(application.artifacts, application.dependencies), build)
    waiting = [*_copies(around, build), *dependencies, *application.settings]
    late_workdir = _made_by_a_copy(split)
    first_install = next((s.run.run for s in steps if s.kind is Kind.DEPENDENCIES), None)
    for each in stage.instructions:
        texts: list[str] = []
        is_source = any(each is copy for copy in application.sources)
        if waiting and (each is first_install or is_source):
            texts += (line + newline for line in waiting)
            waiting = []
        if each in split.moved:
            texts.append(_text(each, source, each.full_span, application.replaced))
        elif each in split.repeated and each is not late_workdir:
            texts.append(_text(each, source, each.span))
        if stage.position(each) == split.last:
            program = (application.program,) if application.program else ()
            copies = (*waiting, *_copies((*sources, *program), build))
            texts += (line + newline for line in copies)
            waiting = []
            if late_workdir:
                texts.append(_text(late_workdir, source, late_workdir.span))
        yield each, texts


def _apart_from(
    artifacts: Sequence[Artifact], dependencies: Sequence[Artifact]
) -> Iterator[Artifact]:
    """The dependencies that do not come with an artifact above them: a file is shipped once."""
    for each in dependencies:
        if not any(is_at_or_above(a.path, each.path) for a in artifacts if a.to is None):
            yield each


def _apart(
    stage: Stage, artifacts: Sequence[Artifact]
) -> tuple[Sequence[Artifact], Sequence[Artifact]]:
    """Those away from the application's directory, which change seldom, and the others."""
    folder = stage.end.workdir or "/"
    near = [
        a for a in artifacts if is_at_or_above(folder, a.path) or is_at_or_above(a.path, folder)
    ]
    return [artifact for artifact in artifacts if artifact not in near], near


def _made_by_a_copy(split: _Split) -> Instruction | None:
    """The WORKDIR whose directory a COPY with an owner makes: COPY leaves one that is there as
    it is, and WORKDIR would have made it root's."""
    found = [each for each in split.repeated if isinstance(each, Workdir)]
    owned = {artifact.path for artifact in split.application.artifacts if artifact.owner}
    if len(found) != 1 or split.stage.end.workdir not in owned or split.application.sources:
        return None
    return found[0]


def _text(instruction: Instruction, source: str, span: Span, replaced: Sequence[Edit] = ()) -> str:
    edits = [
        Edit(Span(edit.span.start - span.start, edit.span.end - span.start), edit.text)
        for edit in replaced
        if span.start <= edit.span.start and edit.span.end <= span.end
    ]
    text = apply_edits(span.of(source), edits)
    return text if text.endswith("\n") else text + instruction.newline


def _final_from(stage: Stage, application: Application, source: str) -> str:
    from_ = stage.from_
    flags = "".join(f" {flag.span.of(source)}" for flag in from_.flags)
    name = ""
    if from_.alias and from_.image:
        name = source[from_.image.span.end : from_.alias.span.end]
    return f"{from_.keyword_span.of(source)}{flags} {application.base}{name}"


def _accounts(steps: Sequence[Step]) -> Iterator[str]:
    made = [step for step in steps if step.kind is Kind.ACCOUNT]
    if made:
        texts = (
            step.run.script.text[slice(*step.command.span)] for step in made if step.run.script
        )
        yield "RUN " + " && ".join(" ".join(text.split()) for text in texts)


def _copies(artifacts: Iterable[Artifact], build: str) -> Iterator[str]:
    for path, owner, to in artifacts:
        flag = f" --chown={owner}" if owner else ""
        yield f"COPY --from={build}{flag} {path} {to or path}"
