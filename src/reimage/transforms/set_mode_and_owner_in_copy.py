"""Changing a file's mode or owner in a later layer stores the whole file again."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence

from reimage.model import Facts, RunFacts, Stage
from reimage.model.copies.copied_files import Bringer, brought_by
from reimage.model.ownership import OwnershipChange, leading_ownership_change
from reimage.rewriting import Claim, Evidence, Finding, Refusal, Rewrite, transformation
from reimage.rewriting.edits.instruction_edits import add_flag, remove_instruction
from reimage.rewriting.edits.script_edits import remove_statement
from reimage.text import Edit, late

_MODE = late(r"0?[0-7]{3}")
_FLAGS = frozenset(("from", "chmod", "chown", "link"))
_ALWAYS_THERE = frozenset(("/", "/etc", "/tmp"))
_BEFORE_CHMOD = late(r"docker/dockerfile(?:-upstream)?:1\.[01](?!\d)")
_ACCOUNTS = ("/etc/passwd", "/etc/group")


@transformation(claim=Claim.SAME_IMAGE)
def set_mode_and_owner_in_copy(facts: Facts) -> Iterator[Finding]:
    """Set mode and owner of copied files in the COPY itself.

    A layer holds whole files: a RUN that changes only the mode or the owner of a file [stores all
    of it again](https://docs.docker.com/engine/storage/drivers/#the-copy-on-write-cow-strategy),
    and is one more step to run. [COPY --chmod and COPY
    --chown](https://docs.docker.com/reference/dockerfile/#copy---chown---chmod) do it while the
    file is written.

    The image stays the same, less the second copy of the file. `chown app` becomes
    `--chown=app:0`, because chown leaves the group alone and COPY would not. It stays away from
    modes such as `+x`, which start from the mode that a file has in the build context (an octal
    mode does not), from directories, from files that other commands may have used in between, and
    where a new folder would get a new owner together with the file. Stages that do not ship are
    left alone: their layers cost nobody anything.
    """
    for stage in facts.shipping_stages:
        for run in stage.runs:
            if change := leading_ownership_change(run, stage):
                yield from _look_at(change, run, stage, facts)


def _look_at(
    change: OwnershipChange, run: RunFacts, stage: Stage, facts: Facts
) -> Iterator[Finding]:
    bringers = _bringers(change, run, stage, facts)
    # A directory that commands have worked in since is more than what was copied.
    if not bringers or any(each.disturbed and each.files.doubt for each in bringers.values()):
        return
    reason = next(_objections(change, run, stage, bringers), None)
    syntax = facts.dockerfile.directive("syntax")
    if change.name == "chmod" and syntax and _BEFORE_CHMOD.match(syntax.value):
        reason = reason or f"{syntax.value} does not know --chmod"
    removal = reason or _removal(run, facts.dockerfile.source)
    if isinstance(removal, str):
        yield Refusal(removal, run.run.span)
        return
    copies = list({bringer.copy.span.start: bringer for bringer in bringers.values()}.values())
    edits = (add_flag(each.copy, change.name, change.flag_value) for each in copies)
    sizes = [each.files.size for each in copies]
    evidence = Evidence.ASSUMED if None in sizes else Evidence.FACTS
    yield Rewrite(_message(change, copies), run.run.span, (*edits, removal), evidence=evidence)


def _bringers(
    change: OwnershipChange, run: RunFacts, stage: Stage, facts: Facts
) -> dict[str, Bringer]:
    """The COPYs that brought what is changed, by place."""
    beside = _ACCOUNTS if change.names_accounts else ()
    found = {
        path: brought_by(
            path, stage, run.run, facts.context, recursive=change.recursive, beside=beside
        )
        for path in change.places
        if path
    }
    return {path: bringer for path, bringer in found.items() if bringer}


def _objections(
    change: OwnershipChange, run: RunFacts, stage: Stage, bringers: Mapping[str, Bringer]
) -> Iterator[str]:
    """Why the change can't move into the COPY, weightiest reason first."""
    for path, bringer in bringers.items():
        if path == bringer.files.maybe:
            yield f"{path} may be a directory that was there before the COPY"
        elif change.recursive and path not in bringer.files.places:
            yield f"{path} may be a directory that holds more than what is copied"
        elif bringer.files.doubt:
            yield bringer.files.doubt
    if change.doubt:
        yield change.doubt
    unknown = [place for place in change.places if place not in bringers]
    if unknown:
        yield f"{change.name} also reaches {unknown[0] or 'a pattern'}, which no COPY here brings"
    if any(bringer.disturbed for bringer in bringers.values()):
        yield f"the file may be used or changed between its COPY and this {change.name}"
    for bringer in bringers.values():
        yield from _objections_to_copy(change, bringer, bringers.keys())
    yield from _objections_to_run(change, run)
    if change.name == "chown":
        yield from _objections_to_folders(bringers, stage)


def _objections_to_copy(
    change: OwnershipChange, bringer: Bringer, reached: Collection[str]
) -> Iterator[str]:
    copy, files = bringer.copy, bringer.files
    other_flags = [flag.name for flag in copy.flags if flag.name not in _FLAGS]
    if other_flags:
        yield f"the COPY has --{other_flags[0]}"
    if existing := copy.flag_value(change.name):
        yield f"the COPY already says --{change.name}={existing}"
    if change.name == "chown" and not _MODE.fullmatch(copy.flag_value("chmod") or "755"):
        yield "chown would take away a part of the mode that the COPY sets"
    if change.names_accounts and copy.flag("link") and copy.flag_value("link") != "false":
        yield "with --link, COPY does not know the accounts of the image"
    if not files.places.issubset(reached):
        yield f"the COPY also brings {min(files.places.difference(reached))}"


def _objections_to_run(change: OwnershipChange, run: RunFacts) -> Iterator[str]:
    user = run.state.user
    if user is not None and user.partition(":")[0] not in ("root", "0"):
        yield f"the {change.name} runs as {user}, which may not be allowed to do it"
    if run.run.flags:
        yield f"the RUN has --{run.run.flags[0].name}"


def _objections_to_folders(bringers: Mapping[str, Bringer], stage: Stage) -> Iterator[str]:
    """COPY --chown gives the folders that it creates to the new owner, too."""
    for path, bringer in bringers.items():
        folder = posixpath.dirname(path)
        until_copy = stage.instructions[: stage.position(bringer.copy) + 1]
        states = [stage.before(each) for each in until_copy]
        made = [each.workdir for each in states if each.workdir and not each.workdir_overridable]
        is_working_directory = folder.startswith("?") and "/" not in folder
        is_above_one = any(f"{each}/".startswith(f"{folder}/") for each in made)
        if folder not in _ALWAYS_THERE and not is_working_directory and not is_above_one:
            yield f"COPY --chown would also give away {folder} where it creates it"


def _removal(run: RunFacts, source: str) -> Edit | str:
    script = run.script
    assert script is not None
    if len(script.statements) > 1:
        return remove_statement(run, script.statements[0])
    if script.comments:
        return "the comment in the RUN would be lost with it"
    return remove_instruction(run.run, source)


def _message(change: OwnershipChange, copies: Sequence[Bringer]) -> str:
    places = sorted(place for each in copies for place in each.files.places)
    one = len(places) == 1
    what = f"{places[0]} is" if one else f"{len(places)} files are"
    sizes = [each.files.size for each in copies if each.files.size is not None]
    stored = "the whole file" if one else "the whole files"
    if len(sizes) == len(copies):
        stored = f"{'its' if one else 'their'} {sum(sizes):,} bytes"
    word = "mode" if change.name == "chmod" else "owner"
    return f"sets the {word} as {what} copied; {change.name} stored {stored} a second time"
