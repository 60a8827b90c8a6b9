"""What the image runs when it starts."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

from reimage.dockerfile import Cmd, Entrypoint, Healthcheck
from reimage.model.stages import Stage
from reimage.shell import parse

_T = TypeVar("_T")


class Entry(NamedTuple):
    """The words of ENTRYPOINT and CMD, as far as they can be told; None for a word that can't.

    `shell` says that a shell starts them. `programs` are all the programs that the text names,
    those of the health check included.
    """

    words: tuple[str | None, ...]
    shell: bool
    programs: tuple[str, ...]

    @property
    def program(self) -> str | None:
        return self.words[0] if self.words else None


def entry(stage: Stage) -> Entry | str:
    """What the stage's image runs, or why that is not known."""
    entrypoint = _last(stage, Entrypoint)
    command = _last(stage, Cmd)
    if entrypoint is None and command is None:
        return "it has neither CMD nor ENTRYPOINT, so that it is not known what it runs"
    words: list[str | None] = []
    programs: list[str] = []
    shell = False
    for part in (entrypoint, command):
        line = part.command_line if part else None
        if line is None:
            continue
        if line.exec is not None:
            words += line.exec
            continue
        script = parse(line.shell.text if line.shell else "")
        if script.opaque:
            return f"{part.keyword if part else ''} can't be read: {script.opaque}"
        shell = True
        for each in script.commands:
            inner = each.unwrapped()
            programs += [inner.name] if inner.name else []
        first = script.commands[-1].unwrapped() if script.commands else None
        words += first.values if first else ()
    if words and words[0]:
        programs.insert(0, words[0])
    programs += _checked_with(stage)
    return Entry(tuple(words), shell, tuple(dict.fromkeys(programs)))


def _last(stage: Stage, kind: type[_T]) -> _T | None:
    return next((each for each in reversed(stage.instructions) if isinstance(each, kind)), None)


def _checked_with(stage: Stage) -> list[str]:
    check = _last(stage, Healthcheck)
    line = check.command_line if check else None
    if line is None:
        return []
    if line.exec is not None:
        return list(line.exec[:1])
    script = parse(line.shell.text if line.shell else "")
    return [name for each in script.commands if (name := each.unwrapped().name)]
