"""Edits inside the script of a RUN, in the layout that the script already has.

Each function answers with an edit, or with a `str`: the reason why it can't be made.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reimage.dockerfile import TokenKind
from reimage.model import RunFacts
from reimage.rewriting.edits.script_joining import exits_on_error, failure_stops, is_nested
from reimage.rewriting.edits.statement_removal import remove_statements
from reimage.shell import Script, Statement, parses
from reimage.text import Edit, Span

_LONGEST_LINE = 80
_HIDDEN = "a command behind the last one would hide that it failed"
_LEAVES = frozenset(("exit", "exec", "return"))


def append_commands(run: RunFacts, commands: Sequence[str]) -> Edit | str:
    """Run `commands` after everything else in the script, only if it succeeded."""
    script = run.script
    if script is None or script.opaque or not script.statements:
        return run.opaque or "the script is empty"
    last = script.statements[-1]
    if reason := _no_way_behind(script, last):
        return reason
    if run.run.script_is_heredoc:
        return _append_to_heredoc(run, script, commands)
    if script.heredocs:
        return "the script ends in a heredoc"
    return _append_to_line(run, script, last, commands)


def _no_way_behind(script: Script, last: Statement) -> str | None:
    if last.background:
        return "the last command runs in the background"
    if any(comment.end > last.span.end for comment in script.comments):
        return "the script ends in a comment"
    names = {command.unwrapped().name for command in last.commands if not command.nesting}
    leaves = {command.name for command in last.commands if not command.nesting}
    if (names | leaves) & _LEAVES:
        return "the script leaves before its end"
    return None


def _hides_a_failure(run: RunFacts, script: Script, operator: str) -> bool:
    """Whether the script could end well although its last list failed, with a command behind it."""
    if not exits_on_error(run):
        return operator != "&&"
    if operator == "&&":
        # `set -e` does not hold within what stands in front of `&&`.
        return is_nested(script.statements[-1])
    return not failure_stops(script, "")


def _append_to_heredoc(run: RunFacts, script: Script, commands: Sequence[str]) -> Edit | str:
    if not exits_on_error(run):
        return "the heredoc runs without set -e, so a command added at its end would hide a failure"
    if _hides_a_failure(run, script, "\n"):
        if _hides_a_failure(run, script, "&&"):
            return _HIDDEN
        end = run.span(script.statements[-1].span).end
        return Edit(Span(end, end), "".join(f" && {command}" for command in commands))
    heredoc = run.run.heredocs[0]
    newline = "\r\n" if heredoc.content.endswith("\r\n") else "\n"
    start = run.span(script.statements[-1].span).start
    line_start = heredoc.content.rfind("\n", 0, start - heredoc.body.start) + 1
    indent = re.match(r"[ \t]*", heredoc.content[line_start:])
    lines = "".join(f"{indent[0] if indent else ''}{command}{newline}" for command in commands)
    if not parses(script.text + lines):
        return "the script would not parse"
    return Edit(Span(heredoc.body.end, heredoc.body.end), lines)


def _append_to_line(
    run: RunFacts, script: Script, last: Statement, commands: Sequence[str]
) -> Edit | str:
    logical = run.run.script
    assert logical is not None
    tail = script.text[last.span.end :].strip()
    if tail not in ("", ";"):
        return "the end of the script is not understood"
    operator = ";" if tail or (last.connector == ";" and exits_on_error(run)) else "&&"
    if _hides_a_failure(run, script, operator):
        return _HIDDEN
    at = logical.end(len(script.text.rstrip()))
    text = _joined(run, operator, commands, terminated=tail == ";")
    rest = script.text[: last.span.end] + "".join(f" {operator} {each}" for each in commands)
    if not parses(rest):
        return "the script would not parse"
    return Edit(Span(at, at), text)


def _joined(run: RunFacts, operator: str, commands: Sequence[str], *, terminated: bool) -> str:
    if not run.run.continued:
        glue = "; " if operator == ";" else f" {operator} "
        text = "".join(glue + command for command in commands)
        if terminated:
            text = text.removeprefix(";")
        if len(run.run.logical.text) + len(text) <= _LONGEST_LINE:
            return text
    newline, indent = continuation(run)
    if operator == ";":
        first = "" if terminated else ";"
        body = f";{newline}{indent}".join(commands)
        return f"{first}{newline}{indent}{body}" + (";" if terminated else "")
    if connectors_end_lines(run):
        return "".join(f" {operator}{newline}{indent}{command}" for command in commands)
    return "".join(f"{newline}{indent}{operator} {command}" for command in commands)


def begin_with(run: RunFacts, command: str, *, behind_set: bool = False) -> Edit | str:
    """Run `command`, which never fails, before everything else in the script.

    With `behind_set` it comes behind a `set` that the script begins with.
    """
    script = run.script
    if script is None or script.opaque or not script.statements:
        return run.opaque or "the script is empty"
    if any(statement.background for statement in script.statements):
        return "a part of the script runs in the background"
    first, *others = script.statements
    if behind_set and others and first.kind == "command" and first.commands[0].name == "set":
        first = others[0]
    start = run.span(first.span).start
    return Edit(Span(start, start), command + _joint_behind_the_first(run, script))


def _joint_behind_the_first(run: RunFacts, script: Script) -> str:
    """What comes between a new first command and the rest, in the layout of the script."""
    statements = script.statements
    if run.run.script_is_heredoc:
        content = run.run.heredocs[0].content
        line = script.text[: statements[0].span.start].rpartition("\n")[2]
        return ("\r\n" if "\r\n" in content else "\n") + line
    operator = ";" if any(each.connector == ";" for each in statements) else "&&"
    separator = operator if operator == ";" else f" {operator}"
    newline, indent = continuation(run)
    if not run.run.continued or len(statements) == 1:
        return f"{separator} "
    if operator == ";" or connectors_end_lines(run):
        return f"{separator}{newline}{indent}"
    if re.search(r"\n[ \t]*&&", _code(run)):
        return f"{newline}{indent}{operator} "
    return f"{separator} "


def continuation(run: RunFacts) -> tuple[str, str]:
    """What ends a line that goes on (` \\` and line ending), and the indent of the next one."""
    lines = [token.text for token in run.run.tokens if token.text.endswith("\n")]
    crlf = any(line.endswith("\r\n") for line in lines or [run.run.newline])
    newline = "\r\n" if crlf else "\n"
    indents = re.findall(r"\n([ \t]*)(?=[^\s#])", _code(run))
    indent = min(indents, key=len) if indents else "    "
    return f" {run.run.escape}{newline}", indent


def _code(run: RunFacts) -> str:
    """The lines of the instruction; comments are one character, heredocs are gone."""
    left_out = (TokenKind.HEREDOC, TokenKind.HEREDOC_END)
    return "".join(
        "#" if token.kind is TokenKind.COMMENT else token.text
        for token in run.run.tokens
        if token.start >= run.run.span.start and token.kind not in left_out
    )


def connectors_end_lines(run: RunFacts) -> bool:
    """Whether the script writes `&& \\` at line ends, and not `&&` at the beginning of lines."""
    ends = len(re.findall(r"&&[ \t]*[\\`][ \t]*\r?\n", _code(run)))
    begins = len(re.findall(r"\n[ \t]*&&", _code(run)))
    return ends > begins


def remove_statement(run: RunFacts, statement: Statement) -> Edit | str:
    """Take a top-level statement out of the script, with the connector that joins it.

    Only where it stands in a plain chain, whose other commands depend on it for nothing.
    """
    edits = remove_statements(run, (statement,))
    return edits if isinstance(edits, str) else edits[0]


def insert_command_after(run: RunFacts, statement: Statement, command: str) -> Edit | str:
    """Run `command` right behind a top-level statement, only if that succeeded."""
    script = run.script
    if script is None or script.opaque:
        return run.opaque or "the script is not understood"
    index = next(i for i, each in enumerate(script.statements) if each.span == statement.span)
    following = script.statements[index + 1] if index + 1 < len(script.statements) else None
    before, behind = statement.connector, following.connector if following else ""
    if {before, behind} & {"||", "&", "|"} or statement.background:
        return "the command is part of a condition"
    sign = behind or before or "&&"
    if sign in ";\n" and not exits_on_error(run):
        sign = "&&"
    elif sign in ";\n" and before == "&&":
        return "set -e would no longer see the command fail"
    if following is None and _hides_a_failure(run, script, sign):
        return _HIDDEN
    text = _inserted(run, statement, following, sign, command)
    end = statement.span.end
    if not parses(f"{script.text[:end]} {sign} {command}{script.text[end:]}"):
        return "the script would not parse"
    at = run.span(statement.span).end
    return Edit(Span(at, at), text)


def _inserted(
    run: RunFacts, statement: Statement, following: Statement | None, sign: str, command: str
) -> str:
    span = run.span(statement.span)
    offset = run.run.tokens[0].start
    source = "".join(token.text for token in run.run.tokens)
    start, end = span.start - offset, span.end - offset
    before = source[source.rfind("\n", 0, start) + 1 : start]
    behind = source[end:].partition("\n")[0].rstrip("\r")
    indent = re.match(r"[ \t]*", before)[0]  # type: ignore[index]
    if sign == "\n":
        line_end = "\r\n" if "\r\n" in source else "\n"
        return f"{line_end}{indent}{command}"
    glue = "; " if sign == ";" else " && "
    alone = re.fullmatch(r"[ \t]*(?:&&[ \t]*)?", before) is not None
    ends = re.fullmatch(r"[ \t]*(?:(?:&&|;)?[ \t]*[\\`])?[ \t]*", behind) is not None
    if not (run.run.continued and alone and ends) or run.run.script_is_heredoc:
        return f"{glue}{command}"
    newline, _ = continuation(run)
    at_line_ends = (
        connectors_end_lines(run)
        if following is None
        else bool(re.match(r"[ \t]*(?:&&|;)", behind))
    )
    if sign == ";" or at_line_ends:
        return f"{glue.rstrip()}{newline}{indent}{command}"
    return f"{newline}{indent}&& {command}"


def insert_after(run: RunFacts, word: Span, text: str) -> Edit:
    """Write ` text` behind a word of the script, on the word's own line."""
    end = run.span(word).end
    return Edit(Span(end, end), f" {text}")
