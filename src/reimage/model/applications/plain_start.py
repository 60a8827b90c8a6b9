"""A command in shell form that the program itself can be started with."""

from __future__ import annotations

import json

from reimage.dockerfile import Cmd, Entrypoint
from reimage.model.stages import Stage
from reimage.shell import parse
from reimage.shell.single_command import single_command
from reimage.text import Edit


def in_exec_form(stage: Stage) -> tuple[Edit, ...] | None:
    """The only CMD or ENTRYPOINT in exec form; None where a shell does more than start it."""
    found = [each for each in stage.instructions if isinstance(each, Cmd | Entrypoint)]
    if len(found) != 1 or stage.end.shell is not None:
        return None
    line = found[0].command_line
    if line.shell is None or found[0].inner_comments:
        return None
    script = parse(line.shell.text)
    words = "opaque" if script.opaque else single_command(script)
    if isinstance(words, str) or any(word.value is None for word in words):
        return None
    values = [word.value or "" for word in words[words[0].value == "exec" :]]
    return (Edit(found[0].arguments.whole, json.dumps(values)),)
