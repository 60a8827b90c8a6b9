"""Why an image may need a part of the context that looks as if it were left lying about."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from reimage.dockerfile import Copy
from reimage.model.context import ContextFacts
from reimage.model.copies.context_copies import folder_copy
from reimage.model.copies.context_readers import Reader
from reimage.model.facts import Facts
from reimage.model.ignoring.git_readers import git_reader
from reimage.model.ignoring.unneeded_files import Kind, Unneeded
from reimage.model.installs.project_installs import installs
from reimage.model.stages import Stage
from reimage.text import late

_JAVASCRIPT = frozenset(("npm", "yarn", "pnpm", "bun"))
_OWN_ENVIRONMENT = late(r"\b(?:uv|poetry|pipenv|virtualenv|venv)\s")


def why_needed(
    each: Unneeded, found: Sequence[Reader], facts: Facts, context: ContextFacts
) -> str | None:
    """The reason in a clause, None when nothing is known that needs it."""
    for reader in found:
        if reader.names(each.path):
            what = "a variable decides what" if reader.source is None else "it is what"
            return f"{what} {reader.instruction.keyword} {reader.instruction.arguments.text} copies"
    getting = [reader for reader in found if reader.gets(each.path, context)]
    match each.kind:
        case Kind.HISTORY:
            return git_reader(facts, context)
        case Kind.MODULES:
            return next(filter(None, (_not_installed(each, r, context) for r in getting)), None)
        case Kind.BUILT:
            is_built = all(_runs(reader.stage, "cargo") for reader in getting)
            return None if is_built else "nothing in the image builds it"
        case Kind.ENVIRONMENT:
            mention = _mention(each, facts)
            own = any(_makes_environment(reader.stage) for reader in getting)
            return None if own else mention
        case Kind.SECRET:
            return _mention(each, facts)
        case _:
            return None


def _mention(each: Unneeded, facts: Facts) -> str | None:
    name = re.escape(posixpath.basename(each.path))
    pattern = re.compile(rf"(?:^|[\s/'\"=:,]){name}(?=[\s/'\":;,]|$)")
    for instruction in facts.dockerfile.instructions:
        if pattern.search(instruction.logical.text):
            return f"{instruction.keyword} uses it"
    return None


def _runs(stage: Stage, program: str) -> bool:
    chain = (stage, *stage.ancestors)
    return any(True for each in chain for run in each.runs for _ in run.named(program))


def _makes_environment(stage: Stage) -> bool:
    chain = (stage, *stage.ancestors)
    return any(_OWN_ENVIRONMENT.search(run.run.logical.text) for each in chain for run in each.runs)


def _not_installed(each: Unneeded, reader: Reader, context: ContextFacts) -> str | None:
    """Whether the stage that gets a node_modules installs one in its place."""
    stage = reader.stage
    copy = folder_copy(reader.instruction, stage, context)
    inner = posixpath.dirname(each.path)[len(copy.folder) :].lstrip("/") if copy else ""
    directory = posixpath.join(copy.target, inner).rstrip("/") if copy else ""
    for one in (stage, *stage.ancestors):
        found = (install for run in one.runs for install in installs(run, one))
        if any(i.manager in _JAVASCRIPT and i.directory == directory for i in found):
            return None
        others = (i for i in one.instructions if isinstance(i, Copy) and i.from_)
        if any("node_modules" in other.arguments.text for other in others):
            return None
    return "nothing in the image installs it"
