"""Which files of the build context a COPY or ADD brings, and where they came from."""

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from reimage.dockerfile import Add, Copy, Instruction, Run
from reimage.model.context import ContextFacts
from reimage.model.copies.copied_files import destination
from reimage.model.stages import Stage
from reimage.text import late

_WILDCARD = late(r"[*?\[\\]")
_REMOTE = late(r"[^/]*:|git@")


class FolderCopy(NamedTuple):
    """A COPY or ADD of what is in one folder of the context ("" is all of the context)."""

    instruction: Copy | Add
    folder: str
    target: str

    def in_context(self, place: str) -> str | None:
        """The path in the context of what stands at `place`, None if it is not from here."""
        if place == self.target:
            return self.folder
        if not is_below(place, self.target):
            return None
        rest = place[len(self.target.rstrip("/")) + 1 :]
        return f"{self.folder}/{rest}" if self.folder else rest


def is_below(path: str, folder: str) -> bool:
    """Whether `path` is inside of `folder`, which may be "" or "/"."""
    return not folder or path.startswith(folder.rstrip("/") + "/")


def in_context(source: str) -> str:
    """The source of a COPY as a path of the context, "" for all of it."""
    path = posixpath.normpath("/" + source.lstrip("/")).lstrip("/")
    return "" if path == "." else path


def folder_copy(
    instruction: Instruction, stage: Stage, context: ContextFacts | None
) -> FolderCopy | None:
    """What `instruction` copies if that is one folder of the context and nothing else."""
    if not isinstance(instruction, Copy | Add) or len(instruction.operands) != 2:
        return None
    if instruction.heredocs or instruction.flag("from"):
        return None
    escape = instruction.escape
    source = stage.before(instruction).settled(instruction.operands[0].text, escape)
    if not source or _WILDCARD.search(source) or _REMOTE.match(source):
        return None
    folder = in_context(source)
    is_known = context is not None and folder in context.directories
    if folder and not is_known and not source.endswith(("/", "/.")):
        return None
    target = destination(instruction, stage)
    return FolderCopy(instruction, folder, target) if target else None


def source_of(
    place: str, stage: Stage, before: Instruction | None, context: ContextFacts
) -> str | None:
    """The file of the context that is at `place` when `before` runs (None: at the stage's end).

    None if no COPY or ADD brings it from the context, or if something else may have written it.
    """
    upto = stage.position(before) if before else len(stage.instructions)
    name = posixpath.basename(place)
    for instruction in reversed(stage.instructions[:upto]):
        if isinstance(instruction, Run) and name in instruction.logical.text:
            return None
        if not isinstance(instruction, Copy | Add):
            continue
        target = destination(instruction, stage)
        if target is None or target.startswith("?") != place.startswith("?"):
            return None
        if place != target and not is_below(place, target):
            continue
        if instruction.flag("from") or instruction.flag("parents") or instruction.flag("exclude"):
            return None
        for found in _brought(place, target, instruction, stage, context):
            return found
    if stage.base and not place.startswith("?"):
        return source_of(place, stage.base, None, context)
    return None


def _brought(
    place: str, target: str, instruction: Copy | Add, stage: Stage, context: ContextFacts
) -> Iterator[str | None]:
    """What of the context `instruction` puts at `place`; None where that can't be told."""
    state = stage.before(instruction)
    rest = place[len(target.rstrip("/")) + 1 :]
    into_folder = _is_folder(instruction, target, stage)
    for word in reversed(instruction.sources):
        source = state.settled(word.text, instruction.escape)
        if source is None:
            yield None
            return
        for path in matches(source, context):
            name = posixpath.basename(path)
            if path in context.files:
                if place == (posixpath.join(target, name) if into_folder else target):
                    yield path
            else:
                inner = f"{path}/{rest}" if path else rest
                if inner in context.files:
                    yield inner


def _is_folder(instruction: Copy | Add, target: str, stage: Stage) -> bool:
    assert instruction.destination is not None
    written = instruction.destination.text
    sources = len(instruction.operands) - 1
    is_working_directory = target == stage.before(instruction).workdir
    return (
        sources > 1
        or written.endswith("/")
        or posixpath.basename(written) in (".", "..")
        or is_working_directory
    )


def matches(source: str, context: ContextFacts) -> list[str]:
    """The files and directories of the context that a source names, as Go's filepath.Match does."""
    pattern = in_context(source)
    if not _WILDCARD.search(pattern):
        known = not pattern or pattern in context.files or pattern in context.directories
        return [pattern] if known else []
    parts = pattern.split("/")
    paths = [*context.files, *(path for path in context.directories if path not in context.files)]
    return [path for path in paths if _fits(path.split("/"), parts)]


def _fits(names: list[str], parts: list[str]) -> bool:
    return len(names) == len(parts) and all(map(fnmatchcase, names, parts))
