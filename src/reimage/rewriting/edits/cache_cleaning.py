"""Emptying a package manager's cache in the script that filled it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from reimage.model import RunFacts
from reimage.rewriting.edits.script_edits import append_commands, insert_command_after
from reimage.shell import Command, PackageOperation, Statement, Verb, Word, package_operation
from reimage.text import Edit, late

_CLEANED_BY: Mapping[str, str] = MappingProxyType(
    {
        "npm": "cache clean --force",
        "yarn": "cache clean",
        "conda": "clean --all --yes",
        "mamba": "clean --all --yes",
        "micromamba": "clean --all --yes",
    }
)
_SWITCHING_USER = frozenset(("sudo", "doas", "gosu", "su-exec"))
_PACKAGE = late("node|npm|yarn|conda|mamba")
_PROGRAM = late(r"^[\"']?/(?!tmp/npm|root).*(?:node|npm|yarn|conda|mamba|bin)")
_HARMLESS = frozenset(("group", "subshell"))


def clean_downloads(run: RunFacts, operations: Sequence[PackageOperation]) -> Edit | str:
    """Have the manager of these operations empty its cache, as the user who filled it."""
    commands: list[str] = []
    for operation in operations:
        command = operation.command
        if command.connector == "||" or not _HARMLESS.issuperset(command.nesting):
            return "it runs under a condition"
        cleaning = _cleaning(run, operation)
        if cleaning is None:
            return "it is run in a way that is not understood"
        if cleaning not in commands:
            commands.append(cleaning)
    remover = _remover(run, operations[-1])
    if remover is None:
        return append_commands(run, commands)
    statement = _statement_of(run, operations[-1])
    if statement is None or len(commands) > 1:
        return f"`{remover}` may uninstall it before the RUN ends"
    return insert_command_after(run, statement, commands[0])


def _statement_of(run: RunFacts, operation: PackageOperation) -> Statement | None:
    """The simple command at the top of the script that the operation is."""
    end = operation.command.span.end
    found = (each for each in run.script.statements if each.span.end == end) if run.script else ()
    return next((each for each in found if each.kind == "command"), None)


def _cleaning(run: RunFacts, operation: PackageOperation) -> str | None:
    """The cleaning command with the program, and the change of user, as the script writes them."""
    program = operation.command.words[0]
    outer = next(
        (each for each in run.commands if each.span.end == operation.command.span.end), None
    )
    start = program.span.start
    if outer is not None and outer.name in _SWITCHING_USER:
        start = outer.words[0].span.start
    elif outer is None or outer.name not in (operation.command.name, "env", "time", "nice"):
        return None
    assert run.script is not None
    called = run.script.text[start : program.span.end]
    return None if "\n" in called else f"{called} {_CLEANED_BY[operation.manager.name]}"


def _remover(run: RunFacts, last: PackageOperation) -> str | None:
    """A later command of the script that removes packages or programs, as written."""
    for command in run.commands:
        if command.span.start > last.command.span.end and _removes_programs(run, command):
            return " ".join(word.text for word in command.words[:3])
    return None


def _removes_programs(run: RunFacts, command: Command) -> bool:
    operation = package_operation(command)
    if operation is not None:
        is_removal = operation.verb is Verb.REMOVE and operation.manager.name not in _CLEANED_BY
        return is_removal and any(_may_hold_program(run, word) for word in operation.packages)
    inner = command.unwrapped()
    return inner.name == "rm" and any(_PROGRAM.search(word.text) for word in inner.arguments)


def _may_hold_program(run: RunFacts, package: Word) -> bool:
    """Whether it is a package with the program in it, or one name for several packages of apk."""
    if package.value is None or package.value.startswith(".") or _PACKAGE.search(package.value):
        return True
    virtual = rf"(?:-t|--virtual)[= ]\s*[\"']?{re.escape(package.value)}"
    return run.script is not None and re.search(virtual, run.script.text) is not None
