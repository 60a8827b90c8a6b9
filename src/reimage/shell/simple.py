"""The words, assignments and redirections of a simple command."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reimage.shell.bashisms import uses_bash
from reimage.shell.commands import Redirection
from reimage.shell.tokens import (
    REDIRECTIONS,
    RESERVED,
    Unreadable,
    has_gap,
    is_inside_line,
    test_parts,
)
from reimage.shell.words import Word, literal
from reimage.text import Span, late

if TYPE_CHECKING:
    from tree_sitter import Node

_ASSIGNMENT = "variable_assignment"
# Most commands have neither quotes nor anything else to look at in the tree (which is slow).
_PLAIN = late(r"(?!\w+\+?=)(?:[\w@%+=:,./* -]++|\$(?:\{\w+\}|[A-Za-z_]))++", re.ASCII)
NAME = late(r"[A-Za-z_][A-Za-z0-9_]*(?:\[|\+?=)")
_OF_BASH = frozenset({"&>", "&>>", "<<<"})


class Source:
    """The text of a script and where the bytes that the syntax tree counts are in it."""

    def __init__(self, text: str, offsets: Sequence[int]) -> None:
        self.text = text
        self.offsets = offsets

    def span(self, node: "Node") -> Span:
        return Span(self.offsets[node.start_byte], self.offsets[node.end_byte])

    def word(self, start: int, end: int) -> Word:
        written = self.text[start:end]
        return Word(Span(start, end), written, literal(written))


class SimpleCommand:
    """A simple command while it is read; `expanding` are the nodes that may hold commands."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self.assignments: list[Word] = []
        self.redirections: list[Redirection] = []
        self.expanding: list[Node] = []
        self.bashisms = False


def read_simple_command(source: Source, node: "Node", kind: str, span: Span) -> SimpleCommand:
    """What a `command`, `declaration_command`, `test_command` or assignment consists of."""
    start, end = span
    written = source.text[start:end]
    command = SimpleCommand()
    if kind == "command" and _PLAIN.fullmatch(written):
        command.words = _plain_words(written, start)
        _assert_no_keyword(command)
        return command
    command.bashisms = uses_bash(node, written)
    if "$(" in written or "`" in written or "<(" in written or ">(" in written:
        command.expanding.append(node)
    if kind == "command":
        _read_children(source, command, node.children, _ASSIGNMENT)
    elif kind == "test_command":
        _read_children(source, command, list(test_parts(node)), None)
        command.bashisms |= written.startswith("[[") or any(w.text == "==" for w in command.words)
    elif kind == _ASSIGNMENT:
        command.assignments.append(_assignment(source, start, end))
    else:
        declares = kind == "declaration_command"
        _read_children(source, command, node.children, None if declares else _ASSIGNMENT)
    _assert_no_keyword(command)
    return command


def _assert_no_keyword(command: SimpleCommand) -> None:
    words = command.words
    at = 1 if words and words[0].text == "time" else 0
    if len(words) > at and words[at].text in RESERVED:
        raise Unreadable(f"{words[at].text} where a command is expected")


def _plain_words(written: str, start: int) -> list[Word]:
    words: list[Word] = []
    for piece in written.split(" "):
        end = start + len(piece)
        if piece:
            words.append(Word(Span(start, end), piece, None if "$" in piece else piece))
        start = end + 1
    return words


def _read_children(
    source: Source, command: SimpleCommand, children: "list[Node]", assignment: str | None
) -> None:
    """Sort the children; `assignment` is the kind of node that is no word here."""
    text, offsets, words = source.text, source.offsets, command.words
    read_up_to = -1
    for child in children:
        kind = child.type
        start, end = offsets[child.start_byte], offsets[child.end_byte]
        touches = start == read_up_to
        if not touches and read_up_to >= 0 and not is_inside_line(text, read_up_to, start):
            raise Unreadable("a part of a command was not understood")
        read_up_to = end
        if kind in REDIRECTIONS:
            _add_redirection(source, command, child)
        elif kind == assignment:
            command.assignments.append(_assignment(source, start, end))
        elif has_gap(child, text[start:end]):
            raise Unreadable("a word with blanks in it")
        elif touches and words and words[-1].span.end == start:
            words[-1] = source.word(words[-1].span.start, end)
        else:
            words.append(source.word(start, end))


def _assignment(source: Source, start: int, end: int) -> Word:
    if not NAME.match(source.text, start):
        raise Unreadable("an assignment to what is no name")
    return source.word(start, end)


def _add_redirection(source: Source, command: SimpleCommand, node: "Node") -> None:
    if node.type == "heredoc_redirect":
        raise Unreadable("a heredoc inside a command")
    redirection, words = read_redirection(source, node)
    command.redirections.append(redirection)
    command.bashisms |= redirection.operator in _OF_BASH
    if words and not command.words and NAME.match(source.text, words[0].start):
        raise Unreadable("an assignment behind a redirection")
    command.words += [source.word(*span) for span in words]


def read_redirection(source: Source, node: "Node") -> tuple[Redirection, list[Span]]:
    """A redirection, and the words after its target, which are arguments of the command."""
    if node.type == "heredoc_redirect":
        return _read_heredoc(source, node), []
    descriptor: str | None = None
    operator = ""
    spans: list[Span] = []
    for child in node.children:
        span = source.span(child)
        if child.type == "file_descriptor":
            descriptor = span.of(source.text)
        elif not operator:
            operator = span.of(source.text)
        elif has_gap(child, span.of(source.text)):
            raise Unreadable("a word with blanks in it")
        elif spans and spans[-1].end == span.start:
            spans[-1] = Span(spans[-1].start, span.end)
        else:
            spans.append(span)
    takes_target = not operator.endswith("-")
    target = source.word(*spans[0]) if takes_target and spans else None
    start, end = source.span(node)
    if takes_target:
        if target is None:
            raise Unreadable(f"nothing after {operator}")
        end = target.span.end
        spans = spans[1:]
    else:
        end = min([end, *(span.start for span in spans)])
        end -= len(source.text[start:end]) - len(source.text[start:end].rstrip())
    return Redirection(Span(start, end), operator, target, descriptor), spans


def _read_heredoc(source: Source, node: "Node") -> Redirection:
    parts = {child.type: child for child in node.children}
    operator = parts.get("<<-") or parts.get("<<")
    delimiter, body, end = (parts.get("heredoc_" + part) for part in ("start", "body", "end"))
    if operator is None or delimiter is None or body is None or end is None:
        raise Unreadable("a heredoc without end")
    descriptor = parts.get("file_descriptor")
    delimiter_span = source.span(delimiter)
    return Redirection(
        Span(source.span(node).start, delimiter_span.end),
        source.span(operator).of(source.text),
        source.word(*delimiter_span),
        None if descriptor is None else source.span(descriptor).of(source.text),
        Span(_body_start(source, delimiter_span.end, body), source.span(end).end),
    )


def _body_start(source: Source, after: int, body: "Node") -> int:
    """Where the first line of a heredoc begins; tree-sitter leaves out blanks there."""
    start = source.span(body).start
    next_line = source.text.find("\n", after) + 1
    return next_line if not source.text[next_line:start].strip(" \t\n") else start
