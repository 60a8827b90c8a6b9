"""Installs that come after the COPY of the sources, and what keeps them from coming before it."""

import posixpath
from fnmatch import fnmatchcase
from typing import NamedTuple

from reimage.dockerfile import Add, Arg, Copy, Env, Instruction, Run, Volume
from reimage.model.context import ContextFacts
from reimage.model.copies.context_copies import FolderCopy, folder_copy, is_below
from reimage.model.copies.copied_files import destination, place
from reimage.model.installs.independent_steps import keeps_out_of
from reimage.model.installs.project_installs import (
    ProjectInstall,
    Step,
    is_chain_of_its_own,
    project_install,
    steps,
)
from reimage.model.runs import RunFacts
from reimage.model.stages import Stage
from reimage.shell import Verb, package_operation
from reimage.text import late

_FLAGS = frozenset(("chown", "chmod", "link"))
_SHARED_FOLDERS = frozenset(("/", "/etc", "/usr", "/usr/local", "/root"))
_POINTS_TO_FILES = late(
    r"(?<!\w)(?:PIP_(?:BUILD_)?CONSTRAINT|PIP_REQUIREMENT|PIP_CONFIG_FILE|PIP_FIND_LINKS"
    r"|UV_CONFIG_FILE|UV_PROJECT|UV_CONSTRAINT|UV_OVERRIDE|NODE_OPTIONS"
    r"|(?i:NPM_CONFIG_(?:USERCONFIG|PREFIX))|BUNDLE_GEMFILE|COMPOSER|GOFLAGS|GOWORK)(?!\w)"
)
_SHELL_STATE = frozenset(("cd", "export", "set", "unset", "umask", "alias", "source", ".", "exec"))


class InstallBehindSources(NamedTuple):
    """The installs of one RUN, and the COPY above it that brings their manifests and all else.

    `obstacle` is what keeps the COPY from moving behind the installs. `tail` is the first command
    of the RUN that may need the sources; the RUN can be split in front of it.
    """

    installs: tuple[ProjectInstall, ...]
    copy: FolderCopy
    obstacle: str | None
    last: Step
    tail: Step | None


def install_behind_sources(
    run: RunFacts, stage: Stage, context: ContextFacts | None
) -> InstallBehindSources | None:
    """None where the RUN installs nothing, or where no COPY of a folder brings the manifests."""
    if not is_chain_of_its_own(run.run):
        return None
    chain = steps(run, stage) or ()
    found = tuple(install for step in chain if (install := project_install(step)))
    for install in found:
        if where := _find(install, run, stage, context):
            copy, between = where
            length = _independent(chain, copy)
            tail = chain[length] if length < len(chain) else None
            obstacle = _obstacle(copy, between, run, stage) or _settings(run)
            obstacle = obstacle or (tail and _undivided(chain, length, len(found), stage.ships))
            return InstallBehindSources(found, copy, obstacle, chain[length - 1], tail)
    return None


def _find(
    install: ProjectInstall, run: RunFacts, stage: Stage, context: ContextFacts | None
) -> tuple[FolderCopy, list[Instruction]] | None:
    """The COPY of a folder that brings what `install` reads, and what stands in between."""
    anchor = install.named[0] if install.named else install.directory
    between: list[Instruction] = []
    for instruction in reversed(stage.instructions[: stage.position(run.run)]):
        copy = folder_copy(instruction, stage, context)
        if copy and _brings(copy, anchor, install, context):
            return copy, between
        if isinstance(instruction, Run) and any(map(project_install, _chain(instruction, stage))):
            return None
        between.append(instruction)
    return None


def _brings(
    copy: FolderCopy, anchor: str, install: ProjectInstall, context: ContextFacts | None
) -> bool:
    """Whether the manifests come with `copy`; of a part of the context, only if they are in it."""
    path = copy.in_context(anchor)
    if path is None or context is None or not copy.folder:
        return path is not None
    if install.named:
        return path in context.files
    patterns = install.operation.manager.manifest_files
    here = (posixpath.basename(each) for each in context.texts if posixpath.dirname(each) == path)
    return any(fnmatchcase(name, pattern) for name in here for pattern in patterns)


def _chain(run: Run, stage: Stage) -> tuple[Step, ...]:
    facts = next(each for each in stage.runs if each.run is run)
    return steps(facts, stage) or ()


def _independent(chain: tuple[Step, ...], copy: FolderCopy) -> int:
    """How many commands at the beginning are installs, or have nothing to do with the sources."""
    for at, step in enumerate(chain):
        if not project_install(step) and not keeps_out_of(copy.target, step):
            return at
    return len(chain)


def _undivided(chain: tuple[Step, ...], at: int, installs: int, ships: bool) -> str | None:
    """Why the RUN can't be split in front of the command at `at`, which may need the sources."""
    head, tail = chain[:at], chain[at:]
    text = " ".join(word.text for word in tail[0].command.words[:3]) or "a command"
    reason = f"the same RUN also runs `{text}`, which may need them"
    if sum(project_install(step) is not None for step in head) < installs:
        return reason
    if tail[0].statement.connector != "&&" or any(_keeps_state(step) for step in head):
        return reason
    if ships and any(_removes(step) for step in tail):
        return f"{reason}, and later removes files again"
    return None


def _keeps_state(step: Step) -> bool:
    return not step.command.words or step.command.name in _SHELL_STATE


def _removes(step: Step) -> bool:
    operation = package_operation(step.command)
    removing = operation is not None and operation.verb in (Verb.REMOVE, Verb.CLEAN)
    return removing or step.command.unwrapped().name in ("rm", "find", "mv", None)


def _settings(run: RunFacts) -> str | None:
    names = " ".join((*run.state.env, run.run.logical.text))
    found = _POINTS_TO_FILES.search(names)
    return found and f"{found[0]} may point it to other files"


def _obstacle(
    copy: FolderCopy, between: list[Instruction], run: RunFacts, stage: Stage
) -> str | None:
    """Why the COPY can't move behind `run`."""
    instruction = copy.instruction
    if odd := [flag.name for flag in instruction.flags if flag.name not in _FLAGS]:
        return f"the {instruction.keyword} has --{odd[0]}"
    if copy.target in _SHARED_FOLDERS:
        return f"the {instruction.keyword} writes to {copy.target}, where other programs live, too"
    reasons = (_in_the_way(each, copy, stage) for each in between)
    if reason := next(filter(None, reasons), None):
        return reason
    written = instruction.operands[-1].text
    later = stage.before(run.run).settled(written, instruction.escape)
    if later is None or place(later, stage, run.run) != copy.target:
        return f"a WORKDIR in between changes what {written} is"
    return None


def _in_the_way(instruction: Instruction, copy: FolderCopy, stage: Stage) -> str | None:
    keyword = instruction.keyword
    match instruction:
        case Run():
            chain = _chain(instruction, stage)
            if not chain or not is_chain_of_its_own(instruction):
                return "a RUN in between may use the sources"
            used = next((step for step in chain if not keeps_out_of(copy.target, step)), None)
            return used and f"`{_words(used)}` in between may use the sources"
        case Copy() | Add():
            target = destination(instruction, stage)
            if target is None or _touch(target, copy.target):
                return f"another {keyword} in between writes to the same directory"
        case Volume():
            return "a VOLUME in between may hold the directory"
        case Env() | Arg() if "$" in copy.instruction.logical.text:
            return f"the {copy.instruction.keyword} uses variables, and an {keyword} follows it"
    return None


def _words(step: Step) -> str:
    return " ".join(word.text for word in step.command.words[:3])


def _touch(one: str, other: str) -> bool:
    unsure = one.startswith("?") != other.startswith("?")
    return unsure or one == other or is_below(one, other) or is_below(other, one)
