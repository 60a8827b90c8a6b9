"""The shell script that an image starts with, and the programs that it calls."""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from reimage.dockerfile import Copy
from reimage.model.applications.entry import Entry
from reimage.model.context import ContextFacts
from reimage.model.stages import Stage
from reimage.shell import Script, parse
from reimage.text import late

_SHEBANG = late(r"#!\s*(?:/usr/bin/env\s+)?(?:\S*/)?(sh|bash|dash|ash)\b")
_SHELLS = ("sh", "bash", "dash", "ash")
_HAND_OVER = frozenset(("$@", '"$@"', "${@}", '"${@}"', '"$*"', "$*"))
_SCRIPT_NAMES = ("entrypoint", "docker-entrypoint")


class EntryScript(NamedTuple):
    """A script of the build context at `path`, and the programs that it calls by name."""

    path: str
    programs: tuple[str, ...]


def is_script(started: Entry) -> bool:
    """Whether what the image starts looks like a shell script."""
    return _named(started) is not None


def entry_script(stage: Stage, started: Entry, context: ContextFacts) -> EntryScript | str | None:
    """The script; a sentence where it can't be read; None where a program is started."""
    word = _named(started)
    if word is None:
        return None
    name = posixpath.basename(word)
    brought = any(isinstance(each, Copy) and not each.flag("from") for each in stage.instructions)
    found = [path for path in context.texts if posixpath.basename(path) == name]
    if len(found) != 1 or not brought:
        return f"{word} is a script, and it is not known which file it is"
    text = context.texts[found[0]]
    if not _SHEBANG.match(text) and text.startswith("#!"):
        return f"{found[0]} is a script of another language"
    script = parse(text)
    if script.opaque:
        return f"{found[0]} can't be read: {script.opaque}"
    programs = _programs(script)
    if programs is None:
        return f"{found[0]} starts a program whose name it computes"
    return EntryScript(found[0], programs)


def _named(started: Entry) -> str | None:
    words = [word for word in started.words if word]
    if words and posixpath.basename(words[0]) in _SHELLS and len(words) > 1:
        words = [word for word in words[1:] if not word.startswith("-")]
    if not words:
        return None
    name = posixpath.basename(words[0])
    return words[0] if name.endswith(".sh") or name.startswith(_SCRIPT_NAMES) else None


def _programs(script: Script) -> tuple[str, ...] | None:
    found: list[str] = []
    for command in script.commands:
        inner = command.unwrapped()
        if not inner.words or inner.words[0].text in _HAND_OVER:
            continue
        if inner.name in ("exec", "source", ".") and len(inner.words) > 1:
            if inner.words[1].text in _HAND_OVER:
                continue
            if inner.name != "exec":
                return None
        if inner.name is None:
            return None
        found.append(inner.name)
    return tuple(dict.fromkeys(found))
