"""Removes downloaded archives in the RUN that unpacks them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from reimage.dockerfile import Copy, Instruction
from reimage.model import Facts, RunFacts, Stage
from reimage.model.archives import used_up
from reimage.model.file_effects import Effect, FileEffect, Place, covers
from reimage.model.paths import UNKNOWN, is_at_or_above, names_in, plain_text
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, transformation
from reimage.rewriting.script_edits import insert_command_after
from reimage.shell import Command, Script, Statement

_DOWNLOADS = re.compile(r"\bwget\b|\bcurl\b[^|]*(?: -\w*[oO]|--output|--remote-name|>)")
_USES_UP = re.compile(r"\b(?:tar|unzip|dpkg|rpm|sh|bash|python[\d.]*|install|add)\b|\.(?:run|bin)\b")
_ONLY_LOOK = frozenset(
    "[ [[ b2sum chmod cosign echo file gpg gpgv ls md5sum minisign openssl printf sha1sum sha256sum"
    " sha384sum sha512sum shasum stat test".split()
)
_REMOVERS = frozenset(("find", "shred", "xargs"))


@transformation(claim=Claim.SAME_FILES)
def download_in_one_layer(facts: Facts) -> Iterator[Finding]:
    """Remove a downloaded archive in the RUN that unpacks it.

    An archive that stays behind is stored in the layer beside everything that was in it, and no
    later instruction can take it out again
    (https://docs.docker.com/build/building/best-practices/#run). The removal stands right behind
    the command that unpacks or installs the archive, where its name means the same file, and runs
    only if that command succeeded.

    It refuses where the archive may still be of use: where it is named again later, copied to
    another stage, used by something other than one unpacking command, or named by a pattern; and
    where download or unpacking stand in a loop or condition.
    """
    for stage in facts.shipping_stages:
        for run in stage.runs:
            if _may_matter(run):
                yield from _archives(facts, stage, run)


def _may_matter(run: RunFacts) -> bool:
    text = run.run.script.text if run.run.script else ""
    return bool(_DOWNLOADS.search(text) and _USES_UP.search(text))


def _archives(facts: Facts, stage: Stage, run: RunFacts) -> Iterator[Finding]:
    for download in run.file_effects:
        if download.effect is not Effect.WRITE or download.place.tree:
            continue
        if download.command.unwrapped().name not in ("curl", "wget"):
            continue
        if download.place not in run.left_behind:
            continue
        uses = [
            effect
            for effect in run.file_effects
            if effect.effect is Effect.USE_UP
            and effect.place == download.place
            and effect.command.span.start > download.command.span.start
        ]
        if uses and not _may_be_removed(facts, stage, run, download, uses[-1]):
            yield _finding(facts, stage, run, download, uses)


def _finding(
    facts: Facts, stage: Stage, run: RunFacts, download: FileEffect, uses: list[FileEffect]
) -> Finding:
    script, use = run.script, uses[0].command
    archive = used_up(use.unwrapped())
    assert script is not None and archive is not None
    reason = "it is unpacked more than once" if len(uses) > 1 else None
    reason = reason or _obstacle(script, download, use)
    reason = reason or _later_use(facts, stage, run, download.place)
    name = download.place.path.removeprefix(f"{UNKNOWN}/")
    message = f"{name} stays in the layer after {use.unwrapped().name} has unpacked it"
    if reason:
        return Refusal(f"{message}, but {reason}", run.run.span)
    remove = "sudo rm" if download.command.name == "sudo" else "rm"
    edit = insert_command_after(run, _statement(script, use), f"{remove} {archive.text}")
    if isinstance(edit, str):
        return Refusal(f"{message}, but {edit}", run.run.span)
    return Rewrite(message, run.run.span, (edit,))


def _statement(script: Script, command: Command) -> Statement:
    return next(each for each in script.statements if command in each.commands)


def _obstacle(script: Script, download: FileEffect, use: Command) -> str | None:
    """Why the script itself does not allow to remove the archive behind `use`."""
    fetch = download.command
    if fetch.nesting or use.nesting:
        return "it is downloaded or unpacked in a loop or condition"
    statements = _statement(script, fetch), _statement(script, use)
    if any(each.kind != "command" for each in statements):
        return "it is downloaded or unpacked in a pipeline"
    following = script.statements.index(statements[0]) + 1
    if script.statements[following].connector == "||" or statements[0].connector == "||":
        return "its download is part of a condition"
    between = script.text[fetch.span.end : use.span.start]
    for name in names_in(download.place.path):
        if re.search(rf"\b{name}=", between):
            return f"{name} changes between download and use"
    pattern = _mention(download.place.path)
    for command in script.commands:
        if command is not use and command is not fetch and command.span.start < use.span.start:
            name = command.unwrapped().name
            mentioned = any(pattern.search(word.text) for word in command.words)
            if mentioned and name not in _ONLY_LOOK and name not in ("curl", "wget"):
                return f"{name} uses it, too"
    return "it is named again later" if pattern.search(script.text, use.span.end) else None


def _mention(path: str) -> re.Pattern[str]:
    """Finds the file's name, whatever its variables are written like."""
    name = path.rpartition("/")[2]
    pieces = re.split(r"\$\{\w+\}", name)
    return re.compile(r"(?<![\w.-])" * bool(pieces[0]) + r"[^\s/]+".join(map(re.escape, pieces)))


def _may_be_removed(
    facts: Facts, stage: Stage, run: RunFacts, download: FileEffect, use: FileEffect
) -> bool:
    """Whether a later command, of this RUN or another, removes the archive or may well do so."""
    behind = (each for each in run.commands if each.span.start > use.command.span.start)
    if any(_may_remove(command.unwrapped(), download.place.path) for command in behind):
        return True
    later = [*stage.runs[stage.runs.index(run) + 1 :]]
    later += [each for other in facts.stages if stage in other.ancestors for each in other.runs]
    return any(
        effect is Effect.REMOVE and covers(place, download.place)
        for other in later
        for effect, place, _ in other.file_effects
    )


def _may_remove(command: Command, archive: str) -> bool:
    """Whether it is a command that may remove the archive by a name which can't be read."""
    if command.name not in ("rm", "mv", "unlink"):
        return command.name in _REMOVERS
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


def _later_use(facts: Facts, stage: Stage, run: RunFacts, archive: Place) -> str | None:
    pattern = _mention(archive.path)
    for instruction in _behind(facts, run.run):
        text = instruction.logical.text + "".join(each.content for each in instruction.heredocs)
        if pattern.search(text):
            return f"a later {instruction.keyword} names it"
        if isinstance(instruction, Copy) and _takes(instruction, stage, archive):
            return "a later COPY takes the directory it is in"
    return None


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
