"""Commands that start a program of the project's environment: `uv run`, `poetry run`, …"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from reimage.dockerfile import Cmd, Entrypoint
from reimage.model.stages import Stage
from reimage.shell import parse
from reimage.text import Edit, Span

_RUNNERS = ("uv", "poetry", "pipenv")
_FLAGS = frozenset(("--no-sync", "--frozen", "--locked", "--no-dev", "--offline", "--"))


def without_runner(stage: Stage, tools: Collection[str]) -> tuple[Edit, ...] | str:
    """What CMD and ENTRYPOINT are without a runner among `tools`, which stays in the build stage.

    Its environment is on PATH, so that the program is found without it.
    """
    edits: list[Edit] = []
    for instruction in stage.instructions:
        if not isinstance(instruction, Cmd | Entrypoint):
            continue
        found = _words(instruction)
        if not found or found[0][0].rpartition("/")[2] not in tools:
            continue
        name = found[0][0]
        at = _program(found)
        if at is None:
            return f"{name} is part of what it runs, and installs or updates when it starts"
        edits.append(Edit(Span(found[0][1].start, found[at][1].start), ""))
    return tuple(edits)


def _words(instruction: Cmd | Entrypoint) -> list[tuple[str, Span]]:
    """The words with their spans in the file; only of the first command in shell form."""
    line = instruction.command_line
    if line.words is not None:
        return [(word.text, word.span) for word in line.words]
    if line.shell is None:
        return []
    script = parse(line.shell.text)
    if script.opaque or not script.commands:
        return []
    return [(w.value or w.text, line.shell.span(*w.span)) for w in script.commands[0].words]


def _program(words: Sequence[tuple[str, Span]]) -> int | None:
    """The index of the program behind `uv run` and its options; None where they do more."""
    if words[0][0] not in _RUNNERS or len(words) < 3 or words[1][0] != "run":
        return None
    at = 2
    while at < len(words) and words[at][0] in _FLAGS:
        at += 1
    syncs = words[0][0] == "uv" and not any(word == "--no-sync" for word, _ in words[2:at])
    if at == len(words) or words[at][0].startswith("-") or syncs:
        return None
    return at
