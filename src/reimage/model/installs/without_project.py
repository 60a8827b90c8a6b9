"""Installs of a Python project that can be done in two steps: what it depends on, then itself."""

from __future__ import annotations

from typing import NamedTuple

from reimage.model.context import ContextFacts
from reimage.model.installs.install_files import dependencies_needed
from reimage.model.installs.install_order import InstallBehindSources
from reimage.model.installs.project_installs import project_install, steps
from reimage.model.runs import RunFacts
from reimage.model.stages import Stage
from reimage.text import Span

_SWITCHES = {"poetry": "--no-root", "uv": "--no-install-project"}


class WithoutProject(NamedTuple):
    """The RUN again, with the option that leaves the project out, and the `files` it reads."""

    text: str
    files: tuple[str, ...]


def without_project(
    found: InstallBehindSources, run: RunFacts, stage: Stage, context: ContextFacts
) -> WithoutProject | None:
    """The first of two steps; None where the install is another one, or needs the sources."""
    install = found.installs[0]
    switch = _SWITCHES.get(install.manager)
    between = stage.instructions[
        stage.position(found.copy.instruction) + 1 : stage.position(run.run)
    ]
    is_alone = len(steps(run, stage) or ()) == 1 and not between
    if switch is None or found.obstacle or not is_alone:
        return None
    needed = dependencies_needed(install, context, found.copy.in_context)
    if needed.problem:
        return None
    start, end = run.run.span
    at = run.span(found.last.command.span).end
    source = stage.dockerfile.source
    text = f"{Span(start, at).of(source)} {switch}{Span(at, end).of(source)}"
    return WithoutProject(text.rstrip(), tuple(needed.files))


def is_second_step(found: InstallBehindSources, run: RunFacts, stage: Stage) -> bool:
    """Whether uv or Poetry have installed the dependencies before, so that the project is left."""
    manager = found.installs[0].manager
    if manager not in _SWITCHES:
        return False
    for other in stage.runs:
        if other is run:
            return False
        for step in steps(other, stage) or ():
            install = project_install(step)
            if install is not None and install.manager == manager:
                return True
    return False
