"""C and C++: programs, libraries and data that a build installs, by cmake, meson, ninja or make."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from reimage.model.applications.application import Addition, Application, Artifact
from reimage.model.applications.entry import Entry
from reimage.model.applications.parts import made_beside, parts
from reimage.model.applications.references import official
from reimage.model.applications.shared_libraries import gathered, ground
from reimage.model.applications.steps import Kind, Step
from reimage.model.context import ContextFacts
from reimage.model.paths import is_at_or_above
from reimage.model.stages import Stage

_FOLDER = "/installed"
_PROGRAMS = f"$(find {_FOLDER} -type f '(' -perm /111 -o -name '*.so*' ')')"
_STRIPPING = frozenset(("cmake", "meson"))


def installed_application(
    stage: Stage, steps: Sequence[Step], started: Entry, context: ContextFacts
) -> Application | str | None:
    """How it runs without what built it; None where no RUN installs anything."""
    installs = [step for step in steps if step.kind is Kind.INSTALL]
    if not installs:
        return None
    base = official(stage.image or "", "debian")
    if base is None:
        return f"it is not known what {installs[0].command.name} leaves behind"
    again = [_again(step, stage) for step in installs]
    if None in again:
        return f"it is not known in which directory {installs[0].command.name} installs"
    word = started.program or ""
    folder = stage.end.workdir or "/"
    sources = {step.run.state.workdir or "/" for step in steps if step.kind is Kind.BUILD}
    program = posixpath.normpath(posixpath.join(folder, word)) if "/" in word else None
    if not word or (program and any(is_at_or_above(each, program) for each in sources)):
        return f"what it starts, {word}, is not installed"
    found = parts(stage, steps, tuple(sources))
    if isinstance(found, str):
        return found
    under = ground(stage, steps, started, base, context)
    if isinstance(under, str):
        return under
    if not under.libraries and any(step.command.name == "ldconfig" for step in steps):
        return "ldconfig finds shared libraries, and would have to look again"
    beside = made_beside(_FOLDER, found, steps)
    lines = ("", "# What was installed, in a place of its own", *(each for each in again if each))
    return Application(
        base=under.image,
        packages=under.packages,
        dependencies=under.libraries,
        artifacts=tuple(
            each for each in beside if not any(is_at_or_above(s, each.path) for s in sources)
        ),
        program=Artifact(f"{_FOLDER}/", to="/"),
        added=(
            Addition(None, lines),
            *((gathered(_PROGRAMS, scripts=True),) if under.libraries else ()),
        ),
        replaced=under.replaced,
        assumed="that all it reads is installed",
    )


def _again(step: Step, stage: Stage) -> str | None:
    """The RUN that installs once more; None where its directory is not known."""
    run = step.run
    if run.script is None or step.command.assignments:
        return None
    text = " ".join(run.script.text[slice(*step.command.span)].split())
    directory = run.state.workdir or "/"
    for command in run.commands:
        if command.name in ("pushd", "popd", "env", "sudo"):
            return None
        if command.name == "cd" and command.span.start < step.command.span.start:
            target = command.operands[0].value if len(command.operands) == 1 else None
            if target is None:
                return None
            directory = posixpath.normpath(posixpath.join(directory, target))
    there = "" if directory == stage.end.workdir else f"cd {directory} && "
    strips = step.command.name in _STRIPPING and "--strip" not in text and "install" in text
    strip = " --strip" if strips and "--target" not in text else ""
    return f"RUN {there}DESTDIR={_FOLDER} {text}{strip}"
