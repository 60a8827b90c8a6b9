"""Where the program is that an image starts, and which one of a build it is."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from reimage.model.applications.application import Artifact
from reimage.model.applications.entry import Entry, entry
from reimage.model.applications.steps import Step
from reimage.model.stages import Stage
from reimage.shell import Command

_FOLDERS = frozenset("/bin /usr/bin /usr/local/bin /sbin /usr/sbin /usr/local/sbin".split())


def started_program(started: Entry, stage: Stage, *others: str) -> str | None:
    """The path of what starts; a bare name is taken to be in /usr/local/bin, or in `others` where
    nothing was put there."""
    word = started.program
    if not word:
        return None
    if "/" in word:
        return posixpath.normpath(posixpath.join(stage.end.workdir or "/", word))
    for run in stage.runs:
        for effect in run.file_effects:
            path = effect.place.path
            if posixpath.basename(path) == word and posixpath.dirname(path) in _FOLDERS:
                return path
    return f"{others[0]}/{word}" if others else f"/usr/local/bin/{word}"


def is_on_every_path(path: str, stage: Stage) -> bool:
    """Whether it is started by that path, or lies where every image looks for programs."""
    started = entry(stage)
    by_path = not isinstance(started, str) and "/" in (started.program or "")
    return by_path or posixpath.dirname(path) in _FOLDERS


def on_every_path(program: str, started: Entry) -> Artifact:
    """The program where the final image finds it: a bare name from a directory of the toolchain
    moves to one that is on PATH everywhere."""
    bare = "/" not in (started.program or "/")
    if bare and posixpath.dirname(program) not in _FOLDERS:
        return Artifact(program, to=f"/usr/local/bin/{posixpath.basename(program)}")
    return Artifact(program)


def moved_by(steps: Sequence[Step], program: str) -> str:
    """Where the program was built that cp, mv or install put at `program`; else there."""
    for step in reversed(steps):
        if step.command.name in ("cp", "mv", "install", "ln"):
            source = _source(step.command, step.run.state.workdir or "/", program)
            if source:
                return source
    return program


def _source(command: Command, directory: str, program: str) -> str | None:
    paths = [word.value for word in command.operands]
    if len(paths) != 2 or None in paths:
        return None
    source, target = (posixpath.normpath(posixpath.join(directory, each or "")) for each in paths)
    if target == program:
        return source
    return source if posixpath.join(target, posixpath.basename(source)) == program else None
