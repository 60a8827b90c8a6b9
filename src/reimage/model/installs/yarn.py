"""Which Yarn a project uses: the first one, or one of the rewritten versions since 2."""

from __future__ import annotations

from reimage.model.context import ContextFacts
from reimage.text import late

_MODERN = late(r'"packageManager"\s*:\s*"yarn@[2-9]')
_CLASSIC_LOCK = "# yarn lockfile v1"


def uses_classic_yarn(context: ContextFacts) -> bool:
    """Whether every yarn.lock is one of Yarn 1, and no setting asks for another version."""
    locks = [path for path in context.files if _name(path) == "yarn.lock"]
    if not locks or any(_name(path) == ".yarnrc.yml" for path in context.files):
        return False
    if any(_MODERN.search(text) for text in context.texts.values()):
        return False
    return all(_CLASSIC_LOCK in context.texts.get(path, "") for path in locks)


def _name(path: str) -> str:
    return path.rpartition("/")[2]
