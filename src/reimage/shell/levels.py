"""One level of a script: its items, what connects them, and everything between them."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from reimage.shell.bashisms import uses_bash
from reimage.shell.commands import Redirection
from reimage.shell.simple import NAME, SimpleCommand, Source, read_redirection, read_simple_command
from reimage.shell.tokens import (
    CASE_ENDS,
    COMPOUND,
    JOINING,
    KEYWORDS,
    OPERATORS,
    PIPES,
    REDIRECTIONS,
    SIMPLE,
    WORDS,
    Unreadable,
    expansions,
    is_blank,
    line_end,
    tokens,
)
from reimage.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node

_OF_BASH = frozenset({"&>", "&>>", "<<<", "|&", "select", "function"})
_EXPANDS = r"(?<!\\)(?:\\\\)*(`|\$\()"


class Item:
    """A simple or compound command of a level. A redirection on its own has no node."""

    def __init__(
        self,
        node: "Node | None",
        span: Span,
        connector: str,
        connector_span: Span | None,
        negated_from: int | None,
        simple: SimpleCommand | None,
    ) -> None:
        self.node = node
        self.span = span
        self.connector = connector
        self.connector_span = connector_span
        self.negated_from = negated_from
        self.simple = simple
        self.redirections: list[Redirection] = simple.redirections if simple else []
        self.expanding: list[Node] = simple.expanding if simple else []
        self.background = False

    @property
    def start(self) -> int:
        """Where the item begins, its `!` included."""
        return self.span.start if self.negated_from is None else self.negated_from


class Findings:
    """What is of interest at every level."""

    def __init__(self) -> None:
        self.comments: list[Span] = []
        self.heredocs: list[Span] = []
        self.bashisms = False


def pipelines(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The items grouped by pipeline."""
    group: list[Item] = []
    for item in items:
        if group and item.connector not in PIPES:
            yield group
            group = []
        group.append(item)
    if group:
        yield group


class Level:
    """Reads the nodes of one level, which begins at the offset `start`."""

    def __init__(self, source: Source, findings: Findings, start: int, in_case: bool) -> None:
        self.source = source
        self.findings = findings
        self.in_case = in_case
        self.found: list[Item] = []
        self.read_up_to = start
        self.item_end = start
        # What will connect the next item; None right after an item.
        self.connection: tuple[str, Span | None] | None = ("", None)
        self.negated_from: int | None = None
        self.marked = 0

    def items(self, nodes: "Iterable[Node]", end: int) -> list[Item]:
        """The items up to the offset `end`."""
        for node in tokens(nodes):
            self._take(node, node.type, self.source.span(node))
        self._advance(Span(end, end))
        operator = self.connection[0] if self.connection else ""
        if operator in JOINING or self.negated_from is not None:
            raise Unreadable(f"nothing after {operator or '!'}")
        self._mark_background(operator)
        return self.found

    def _take(self, node: "Node", kind: str, span: Span) -> None:
        if kind in SIMPLE or kind in COMPOUND:
            self._begin(node, kind, span)
        elif kind in OPERATORS:
            self._connect(kind, span)
        elif kind in REDIRECTIONS:
            self._redirect(node, span)
        elif kind == "comment":
            self.findings.comments.append(span)
            self._advance(span)
        elif kind in KEYWORDS or (self.in_case and kind in CASE_ENDS):
            self._restart(kind, span)
        elif kind == "!":
            self._negate(span)
        elif kind == "heredoc_body":
            self._pass_heredoc(node, span)
        elif kind in WORDS:
            self._add_word(node, span)
        else:
            raise Unreadable(f"{kind} where a command is expected")

    def _advance(self, span: Span) -> None:
        if not is_blank(self.source.text, self.read_up_to, span.start):
            raise Unreadable("a part of the script was not understood")
        self.read_up_to = span.end

    def _begin(self, node: "Node | None", kind: str, span: Span) -> Item:
        connector, connector_span = self._connection_at(span.start)
        if self.negated_from is not None and self._begins_line(span.start):
            raise Unreadable("nothing after !")
        self._advance(span)
        simple = None
        if node is None:
            simple = SimpleCommand()
        elif kind in SIMPLE:
            simple = read_simple_command(self.source, node, kind, span)
            self.findings.bashisms |= simple.bashisms
        item = Item(node, span, connector, connector_span, self.negated_from, simple)
        self.found.append(item)
        self.connection = self.negated_from = None
        self.item_end = span.end
        return item

    def _connection_at(self, start: int) -> tuple[str, Span | None]:
        if self.connection is not None:
            return self.connection
        at = line_end(self.source.text, self.item_end, start)
        if at is None:
            raise Unreadable("two commands with nothing between them")
        return "\n", Span(at, at + 1)

    def _connect(self, operator: str, span: Span) -> None:
        if self.connection is not None:
            raise Unreadable(f"nothing before {operator}")
        self._advance(span)
        self.findings.bashisms |= operator in _OF_BASH
        self.connection = (operator, span)

    def _negate(self, span: Span) -> None:
        self.connection = self._connection_at(span.start)
        if self.connection[0] in PIPES or self.negated_from is not None:
            raise Unreadable("a negation inside a pipeline")
        self._advance(span)
        self.negated_from = span.start

    def _restart(self, kind: str, span: Span) -> None:
        operator = self.connection[0] if self.connection else ""
        if operator in JOINING or self.negated_from is not None:
            raise Unreadable(f"{kind} where a command is expected")
        self._mark_background(operator)
        self._advance(span)
        self.connection = ("", None)

    def _redirect(self, node: "Node", span: Span) -> None:
        redirection, words = read_redirection(self.source, node)
        span = Span(span.start, redirection.span.end)
        if self._is_at_beginning(span.start):
            item = self._begin(None, "", Span(span.start, span.start))
        else:
            item = self.found[-1]
        self._extend(item, span)
        item.redirections.append(redirection)
        item.expanding += self._expanding(node, redirection)
        if redirection.body is not None:
            self.findings.heredocs.append(redirection.body)
        self.findings.bashisms |= redirection.operator in _OF_BASH
        for word in words:
            self._add_word(None, word)

    def _is_at_beginning(self, start: int) -> bool:
        if self.connection is not None:
            return True
        return line_end(self.source.text, self.item_end, start) is not None

    def _begins_line(self, start: int) -> bool:
        return line_end(self.source.text, self.negated_from or 0, start) is not None

    def _expanding(self, node: "Node", redirection: Redirection) -> "list[Node]":
        if redirection.body is None:
            return [node]
        if redirection.target is None or redirection.target.text != redirection.target.value:
            return []
        body = next(part for part in node.children if part.type == "heredoc_body")
        # tree-sitter takes some backticks there for text.
        signs = re.findall(_EXPANDS, redirection.body.of(self.source.text))
        if "`" in signs or len(signs) != expansions(body):
            raise Unreadable("a command substitution in a heredoc")
        return [body]

    def _extend(self, item: Item, span: Span) -> None:
        self._advance(span)
        item.span = Span(item.span.start, span.end)
        self.item_end = span.end

    def _add_word(self, node: "Node | None", span: Span) -> None:
        """A word after a redirection is an argument, too."""
        if self.connection is not None or not self.found or self.found[-1].simple is None:
            raise Unreadable("a word where a command is expected")
        item = self.found[-1]
        if self._is_at_beginning(span.start) or (item.node and item.node.type == "test_command"):
            raise Unreadable("a word where a command is expected")
        assert item.simple is not None
        if span.start == self.read_up_to:
            raise Unreadable("a word that begins inside another")
        if not item.simple.words and NAME.match(self.source.text, span.start):
            raise Unreadable("an assignment behind a redirection")
        self._extend(item, span)
        item.simple.words.append(self.source.word(*span))
        if node is not None:
            item.expanding.append(node)
            self.findings.bashisms |= uses_bash(node, span.of(self.source.text))

    def _pass_heredoc(self, node: "Node", span: Span) -> None:
        end = node.next_sibling
        assert end is not None, "read_redirection looked for it"
        self._advance(Span(span.start, self.source.span(end).end))
        self.item_end = self.read_up_to

    def _mark_background(self, operator: str) -> None:
        """An `&` sends the whole list joined by && and || there, not just its last command."""
        background = False
        for item in reversed(self.found[self.marked :]):
            background = operator == "&" or (operator in JOINING and background)
            item.background = background
            operator = item.connector
        self.marked = len(self.found)
