"""Who reads, in a later layer, the package lists that a RUN leaves."""

from __future__ import annotations

from collections.abc import Iterable

from reimage.dockerfile import Instruction, Onbuild, Run
from reimage.model.facts import Facts
from reimage.model.packages.package_lists import is_apt, shares_lists
from reimage.model.runs import RunFacts
from reimage.model.stages import Stage
from reimage.shell import Command
from reimage.shell.package_managers import PackageManager, PackageOperation, Verb, package_operation

_READERS_OF_APT = ("aptitude", "apt-cache", "apt-file")
_READING_VERBS_OF_APT = ("source", "download", "changelog", "policy", "search", "show", "list")
_SHELLS = frozenset({"ash", "bash", "dash", "ksh", "sh", "zsh", ".", "source"})


def reader_of_lists(
    facts: Facts, stage: Stage, run: RunFacts, manager: PackageManager
) -> str | None:
    """The command, as written, that reads the lists in this stage or in one that is FROM it.

    None when there is none, or when the lists are fetched anew before it.
    """
    behind = stage.instructions[stage.position(run.run) + 1 :]
    return _reader(facts, stage, behind, manager)


def _reader(
    facts: Facts, stage: Stage, instructions: Iterable[Instruction], manager: PackageManager
) -> str | None:
    runs = {id(run.run): run for run in stage.runs}
    for instruction in instructions:
        if isinstance(instruction, Run | Onbuild) and _mentions(instruction, manager):
            run = runs.get(id(instruction))
            readable = run is not None and not run.opaque
            found = _first_use(run, manager) if run and readable else _unread(instruction)
            if found is not None:
                return found or None
    children = (child for child in facts.stages if child.base is stage)
    found_in = (_reader(facts, child, child.instructions, manager) for child in children)
    return next((found for found in found_in if found), None)


def _mentions(instruction: Instruction, manager: PackageManager) -> bool:
    text = _text(instruction)
    return any(program in text for program in ("apt",) * is_apt(manager) or manager.programs)


def _text(instruction: Instruction) -> str:
    return instruction.logical.text + "".join(each.content for each in instruction.heredocs)


def _unread(instruction: Instruction) -> str | None:
    """The beginning of an instruction whose script is not looked into, unless it updates."""
    return None if "update" in _text(instruction) else instruction.logical.text[:50].rstrip()


def _first_use(run: RunFacts, manager: PackageManager) -> str | None:
    """The first command that reads the lists; "" when they are fetched anew before it."""
    for command in run.commands:
        operation = package_operation(command)
        if operation is None:
            if is_apt(manager) and command.unwrapped().name in _READERS_OF_APT:
                return " ".join(word.text for word in command.unwrapped().words[:3])
        elif shares_lists(operation.manager, manager):
            if operation.verb is Verb.UPDATE:
                return ""
            if _reads(operation):
                return _shown(operation)
    return None


def _reads(operation: PackageOperation) -> bool:
    manager = operation.manager
    if manager.no_cache_option and operation.has(manager.no_cache_option):
        return False
    said = operation.verb_words[0].value if operation.verb_words else None
    reads_only = is_apt(manager) and said in _READING_VERBS_OF_APT
    return reads_only or operation.verb in (Verb.INSTALL, Verb.UPGRADE)


def _shown(operation: PackageOperation) -> str:
    words = (operation.command.words[0], *operation.verb_words, *operation.packages[:1])
    return " ".join(word.text for word in words)


def runs_unknown_script_behind(stage: Stage, run: RunFacts) -> bool:
    """Whether a later RUN of the stage runs a script that is not in the Dockerfile."""
    here = stage.position(run.run)
    return any(
        other.opaque or any(map(is_unknown_script, other.commands))
        for other in stage.runs
        if stage.position(other.run) > here
    )


def is_unknown_script(command: Command) -> bool:
    """Whether the command runs a script that is not in the Dockerfile."""
    inner = command.unwrapped()
    if not inner.words:
        return False
    name, program = inner.name or "", inner.words[0].text
    if name in _SHELLS:
        return not inner.has_option("-c")
    return name.endswith(".sh") or program.startswith(("./", "/tmp/"))
