"""Whether a file that a RUN downloads is of use later, or removed later. Decided from names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from reimage.dockerfile import Copy, Instruction
from reimage.model.copies.file_effects import Effect, Place, covers
from reimage.model.facts import Facts
from reimage.model.paths import UNKNOWN, is_at_or_above, names_in, plain_text
from reimage.model.runs import RunFacts
from reimage.model.stages import Stage
from reimage.shell import Command, Script

_ONLY_LOOK = frozenset(
    "[ [[ b2sum chmod cosign curl echo file gpg gpgv ls md5sum minisign openssl printf sha1sum"
    " sha256sum sha384sum sha512sum shasum stat test wget".split()
)
_MAY_REMOVE_ANYTHING = frozenset(("find", "shred", "xargs"))


def use_in_script(script: Script, archive: Place, fetch: Command, use: Command) -> str | None:
    """What else in the script makes use of an archive that `fetch` writes and `use` unpacks."""
    pattern = _mention(archive.path)
    for command in script.commands:
        if command in (fetch, use) or command.span.start > use.span.start:
            continue
        name = command.unwrapped().name
        if name not in _ONLY_LOOK and any(pattern.search(word.text) for word in command.words):
            return f"{name or 'another command'} uses it, too"
    return "it is named again later" if pattern.search(script.text, use.span.end) else None


def use_of_instructions(facts: Facts, stage: Stage, run: RunFacts, archive: Place) -> str | None:
    """Which later instruction makes use of the archive."""
    pattern = _mention(archive.path)
    for instruction in _behind(facts, run.run):
        text = instruction.logical.text + "".join(each.content for each in instruction.heredocs)
        if pattern.search(text):
            return f"a later {instruction.keyword} names it"
        if isinstance(instruction, Copy) and _takes(instruction, stage, archive):
            return "a later COPY takes the directory it is in"
    return None


def is_removed_later(
    facts: Facts, stage: Stage, run: RunFacts, archive: Place, use: Command
) -> bool:
    """Whether a command behind `use`, in this RUN or another, removes the archive or may do so."""
    behind = (each for each in run.commands if each.span.start > use.span.start)
    if any(_may_remove(command.unwrapped(), archive.path) for command in behind):
        return True
    later = [*stage.runs[stage.runs.index(run) + 1 :]]
    later += [each for other in facts.stages if stage in other.ancestors for each in other.runs]
    return any(
        effect is Effect.REMOVE and covers(place, archive)
        for other in later
        for effect, place, _ in other.file_effects
    )


def _may_remove(command: Command, archive: str) -> bool:
    """Whether it is a command that may remove the archive by a name which can't be read."""
    if command.name not in ("rm", "mv", "unlink"):
        return command.name in _MAY_REMOVE_ANYTHING
    name = archive.rpartition("/")[2]
    for word in command.operands[: -1 if command.name == "mv" else None]:
        path = plain_text(word)
        if path is None:
            return True
        pattern = path.rstrip("/").rpartition("/")[2]
        for unknown in names_in(pattern) - names_in(name):
            pattern = pattern.replace(f"${{{unknown}}}", "*")
        if fnmatchcase(name, pattern):
            return True
    return False


def _mention(path: str) -> re.Pattern[str]:
    """Finds the file's name, whatever its variables are written like."""
    name = path.rpartition("/")[2]
    pieces = re.split(r"\$\{\w+\}", name)
    return re.compile(r"(?<![\w.-])" * bool(pieces[0]) + r"[^\s/]+".join(map(re.escape, pieces)))


def _behind(facts: Facts, instruction: Instruction) -> Iterator[Instruction]:
    start = instruction.span.end
    return (each for each in facts.dockerfile.instructions if each.span.start > start)


def _takes(copy: Copy, stage: Stage, archive: Place) -> bool:
    if copy.from_ is None or copy.from_.lower() not in (stage.name, str(stage.index)):
        return False
    return archive.path.startswith(UNKNOWN) or any(
        "$" in source.text or is_at_or_above("/" + source.text.strip("/"), archive.path)
        for source in copy.sources
    )
