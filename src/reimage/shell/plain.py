"""Scripts of plain words, joined by operators: most are, and reading these needs no grammar."""

import re
from collections.abc import Sequence

from reimage.shell.commands import Command, Statement
from reimage.shell.tokens import PIPES, RESERVED
from reimage.shell.words import Word, literal
from reimage.text import Span, late

_REFERENCE = r"\$(?:\{\w+\}|[A-Za-z_]\w*)"
_QUOTED = rf"""'[^'\n]*+'|"(?:[^"$`\\\n]++|{_REFERENCE})*+\""""
_WORD = rf"(?:[\w@%+=:,./*~-]++|{_REFERENCE}|{_QUOTED})++"
_OPERATOR = r"&&|\|\||;|\|"
_COMMAND = rf"[ \t]*+{_WORD}(?:[ \t]++{_WORD})*+[ \t]*+"
_SCRIPT = late(rf"{_COMMAND}(?:(?:{_OPERATOR}){_COMMAND})*+(?:;[ \t]*+)?", re.ASCII)
_PIECE = late(rf"({_OPERATOR})|{_WORD}", re.ASCII)
_DECLARES = frozenset("declare export local readonly typeset unset unsetenv".split())
_OTHER_SYNTAX = RESERVED | _DECLARES | {"coproc", "time"}


def plain_statements(text: str) -> tuple[Statement, ...] | None:
    """The statements of a script that consists of plain words, None when more is in it.

    Plain are words without globs other than `*`, without escapes and with nothing but variables to
    expand; assignments, redirections, keywords and line ends are left to the grammar.
    """
    if not _SCRIPT.fullmatch(text):
        return None
    statements: list[Statement] = []
    pipeline: list[Command] = []
    words: list[Word] = []
    joint: tuple[str, Span | None] = ("", None)
    for piece in _PIECE.finditer(text):
        span = Span(*piece.span())
        operator = piece[1]
        if not operator:
            words.append(_word(span, piece[0]))
            continue
        pipeline.append(_command(words, *joint))
        if operator not in PIPES:
            statements.append(_statement(pipeline))
            pipeline = []
        words, joint = [], (operator, span)
    if words:
        pipeline.append(_command(words, *joint))
        statements.append(_statement(pipeline))
    commands = (command for statement in statements for command in statement.commands)
    return None if any(map(_has_other_syntax, commands)) else tuple(statements)


def _word(span: Span, written: str) -> Word:
    if "'" in written or '"' in written:
        return Word(span, written, literal(written))
    return Word(span, written, None if "$" in written else written)


def _command(words: Sequence[Word], connector: str, connector_span: Span | None) -> Command:
    span = Span(words[0].span.start, words[-1].span.end)
    return Command(span, tuple(words), (), (), connector, connector_span, (), False)


def _has_other_syntax(command: Command) -> bool:
    """Whether the command may be an assignment or something that keywords begin or end."""
    program = command.words[0].text
    if "=" in program or program == "-":
        return True
    return any(word.text in _OTHER_SYNTAX for word in command.words)


def _statement(pipeline: Sequence[Command]) -> Statement:
    first = pipeline[0]
    span = Span(first.span.start, pipeline[-1].span.end)
    kind = "command"
    if len(pipeline) > 1:
        kind = "pipeline"
    elif first.words[0].text == "test":
        kind = "test"
    return Statement(span, first.connector, first.connector_span, kind, tuple(pipeline))
