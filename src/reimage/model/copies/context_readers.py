"""Which parts of the build context the instructions of a Dockerfile ask for."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from reimage.dockerfile import Add, Copy, Instruction, Run
from reimage.model.context import ContextFacts
from reimage.model.copies.context_copies import in_context, is_below
from reimage.model.facts import Facts
from reimage.model.stages import Stage
from reimage.text import late

_WILDCARD = late(r"[*?\[\\]")
_REMOTE = late(r"[^/]*:|git@")
_READING = frozenset(("COPY", "ADD", "RUN"))


class Reader(NamedTuple):
    """An instruction that is given `source` of the context: a path, "" for all, or a pattern.

    `source` is None where a variable decides.
    """

    instruction: Instruction
    stage: Stage
    source: str | None

    def names(self, path: str) -> bool:
        """Whether `path` or something in it is asked for by name."""
        source = self.source
        if source is None or source in ("", "*", "**"):
            return source is None
        if not _WILDCARD.search(source):
            return source == path or is_below(source, path)
        names, parts = path.split("/"), source.split("/")
        return len(parts) >= len(names) and all(map(fnmatchcase, names, parts))

    def is_folder(self, context: ContextFacts) -> bool:
        return self.source in ("", "*") or self.source in context.directories

    def gets(self, path: str, context: ContextFacts) -> bool:
        """Whether `path` comes along in a directory that is asked for."""
        source = self.source
        if source in ("", "*"):
            return True
        return source is not None and source in context.directories and is_below(path, source)


def readers(facts: Facts) -> Iterator[Reader]:
    """Every source of the context that a COPY, an ADD or a bind mount takes."""
    for stage in facts.stages:
        for instruction in stage.instructions:
            if instruction.keyword not in _READING:
                continue
            for source in _sources(instruction):
                if _REMOTE.match(source):
                    continue
                settled = stage.before(instruction).settled(source, instruction.escape)
                path = None if settled is None else in_context(settled)
                yield Reader(instruction, stage, path)


def _sources(instruction: Instruction) -> Iterator[str]:
    if isinstance(instruction, Copy | Add):
        if not instruction.flag("from"):
            yield from (word.text for word in instruction.sources)
    elif isinstance(instruction, Run):
        for mount in instruction.mounts if instruction.flags else ():
            if mount.get("type", "bind") == "bind" and not mount.get("from"):
                yield mount.get("source") or mount.get("src") or "."
