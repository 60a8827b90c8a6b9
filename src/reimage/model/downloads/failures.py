"""What becomes of a build in which a command of a RUN fails."""

from __future__ import annotations

from reimage.model.runs import RunFacts
from reimage.shell import Command, Statement


def statement_of(run: RunFacts, command: Command) -> Statement | None:
    """The top-level statement of the script that `command` is, or is a part of."""
    statements = run.script.statements if run.script else ()
    return next((each for each in statements if each.span.holds(command.span)), None)


def failure_is_ignored(run: RunFacts, command: Command) -> bool:
    """Whether the build may go on when the command fails; where that can't be told it may.

    It goes on behind `||`, and behind `;` unless `set -e` is in force and the command is the last
    one of its `&&` list.
    """
    statement = statement_of(run, command)
    if run.script is None or statement is None or statement.kind != "command":
        return True
    behind = run.script.statements[run.script.statements.index(statement) + 1 :]
    connectors = [each.connector for each in behind]
    if "e" in run.script.options and connectors and connectors[0] in (";", "\n"):
        return False
    return statement.background or any(connector != "&&" for connector in connectors)
