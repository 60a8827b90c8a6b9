"""Removes downloaded archives in the RUN that unpacks them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reimage.model import Facts, RunFacts, Stage
from reimage.model.copies.file_effects import Effect, FileEffect
from reimage.model.downloads.archive_uses import (
    is_removed_later,
    use_in_script,
    use_of_instructions,
)
from reimage.model.downloads.archives import used_up
from reimage.model.paths import UNKNOWN, names_in
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, transformation
from reimage.rewriting.edits.script_edits import insert_command_after
from reimage.shell import Command, Script, Statement
from reimage.text import late

_DOWNLOADS = late(r"\bwget\b|\bcurl\b[^|]*(?: -\w*[oO]|--output|--remote-name|>)")
_USES_UP = late(r"\b(?:tar|unzip|dpkg|rpm|sh|bash|python[\d.]*|install|add)\b|\.(?:run|bin)\b")


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
    if "wget" not in text and "curl" not in text:
        return False
    return bool(_DOWNLOADS.search(text) and _USES_UP.search(text))


def _archives(facts: Facts, stage: Stage, run: RunFacts) -> Iterator[Finding]:
    unpacked = [each for each in run.file_effects if each.effect is Effect.USE_UP]
    for download in run.file_effects if unpacked else ():
        if download.effect is not Effect.WRITE or download.place not in run.left_behind:
            continue
        if download.command.unwrapped().name not in ("curl", "wget"):
            continue
        start = download.command.span.start
        uses = [
            each
            for each in unpacked
            if each.place == download.place and each.command.span.start > start
        ]
        if uses and not is_removed_later(facts, stage, run, download.place, uses[-1].command):
            yield _finding(facts, stage, run, download, uses)


def _finding(
    facts: Facts, stage: Stage, run: RunFacts, download: FileEffect, uses: list[FileEffect]
) -> Finding:
    script, use = run.script, uses[0].command
    archive = used_up(use.unwrapped())
    assert script is not None and archive is not None
    reason = "it is unpacked more than once" if len(uses) > 1 else None
    reason = reason or _obstacle(script, download, use)
    reason = reason or use_of_instructions(facts, stage, run, download.place)
    name = download.place.path.removeprefix(f"{UNKNOWN}/")
    message = f"{name} stays in the layer after {use.unwrapped().name} has unpacked it"
    if reason:
        return Refusal(f"{message}, but {reason}", run.run.span)
    remove = "sudo rm" if download.command.name == "sudo" else "rm"
    edit = insert_command_after(run, _statement(script, use), f"{remove} {archive.text}")
    if isinstance(edit, str):
        return Refusal(f"{message}, but {edit}", run.run.span)
    return Rewrite(f"removes an archive: {message}", run.run.span, (edit,))


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
    return use_in_script(script, download.place, download.command, use)
