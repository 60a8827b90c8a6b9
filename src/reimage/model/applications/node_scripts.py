"""What `npm start` and its like run, where that is one plain call of node."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reimage.model.context import ContextFacts
from reimage.shell import parse

STARTERS = frozenset(("npm", "yarn", "pnpm"))


def read_manifest(context: ContextFacts) -> Mapping[str, Any] | None:
    """package.json at the top of the context."""
    try:
        data = json.loads(context.texts.get("package.json", "").removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def script_name(words: Sequence[str | None]) -> str | None:
    """The name of the script that `npm start`, `npm run NAME` and `yarn NAME` run.

    None where there is more on the command line.
    """
    said = [word for word in words[1:] if word not in ("run", "run-script", "--silent", "-s")]
    return said[0] if len(said) == 1 and said[0] and not said[0].startswith("-") else None


def plain_script(words: Sequence[str | None], context: ContextFacts) -> tuple[str, ...] | str:
    """The words of the script that the command runs, `node` first; or why that can't be said."""
    called = " ".join(word or "…" for word in words)
    manifest = read_manifest(context)
    name = script_name(words)
    scripts = manifest.get("scripts") if manifest else None
    if name is None or not isinstance(scripts, dict):
        return f"{called} is not in a distroless image, and package.json does not tell what it runs"
    text = scripts.get(name)
    if not isinstance(text, str):
        return f"package.json has no script {name}"
    if around := next((each for each in (f"pre{name}", f"post{name}") if each in scripts), None):
        return f"{called} runs {around} as well, and npm is not in a distroless image"
    script = parse(text)
    kinds = [statement.kind for statement in script.statements]
    if script.opaque or kinds != ["command"] or script.commands[0].assignments:
        return f"{called} runs `{text}`, for which a shell is needed"
    command = script.commands[0]
    if command.name != "node" or command.redirections or any(w is None for w in command.values):
        return f"{called} runs `{text}`, which is not a plain call of node"
    if len(command.values) < 2 or any(word.has_glob for word in command.words):
        return f"{called} runs `{text}`, for which a shell is needed"
    return tuple(value or "" for value in command.values)
