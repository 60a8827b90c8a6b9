"""Reads the levels of a script from the outermost inwards and collects the commands."""

from typing import TYPE_CHECKING

from reimage.shell.commands import Command, Statement
from reimage.shell.levels import Findings, Item, Level, pipelines
from reimage.shell.simple import SimpleCommand, Source, read_redirection
from reimage.shell.tokens import COMPOUND, REDIRECTIONS, Unreadable, substitutions
from reimage.text import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    Nesting = tuple[str, ...]

_DEEPEST = 60


class Reader:
    """Collects the commands of one script."""

    def __init__(self, text: str, offsets: "Sequence[int]") -> None:
        self.source = Source(text, offsets)
        self.findings = Findings()
        self.commands: list[Command] = []

    def statements(self, root: "Node") -> tuple[Statement, ...]:
        """The statements of the outermost level; fills `commands` and `findings`."""
        level = Level(self.source, self.findings, 0, in_case=False)
        return tuple(
            self._statement(pipeline)
            for pipeline in pipelines(level.items([root], len(self.source.text)))
        )

    def _statement(self, pipeline: list[Item]) -> Statement:
        before = len(self.commands)
        self._read_pipeline(pipeline, (), background=False)
        first = pipeline[0]
        return Statement(
            Span(first.start, pipeline[-1].span.end),
            first.connector,
            first.connector_span,
            _kind(pipeline),
            tuple(self.commands[before:]),
            first.background,
        )

    def _read_pipeline(self, pipeline: list[Item], nesting: "Nesting", background: bool) -> None:
        if pipeline[0].negated_from is not None:
            nesting = (*nesting, "negation")
        for item in pipeline:
            within_background = background or item.background
            if item.simple is not None:
                self.commands.append(_command(item, item.simple, nesting, within_background))
            else:
                assert item.node is not None
                self._read_compound(item.node, nesting, within_background)
            for node in item.expanding:
                self._read_substitutions(node, nesting, within_background)

    def _read_level(
        self, nodes: "list[Node]", span: Span, nesting: "Nesting", background: bool
    ) -> None:
        if len(nesting) > _DEEPEST:
            raise Unreadable("nested too deep")
        level = Level(self.source, self.findings, span.start, nesting[-1] == "case")
        for pipeline in pipelines(level.items(nodes, span.end)):
            self._read_pipeline(pipeline, nesting, background)

    def _read_enclosed(self, node: "Node", nesting: "Nesting", background: bool) -> None:
        """What is between the first and the last token of `node`."""
        first, *inside, last = node.children
        span = Span(self.source.span(first).end, self.source.span(last).start)
        if first.type == "{" and self.source.text[span.start] not in " \t\n\\":
            raise Unreadable("a brace that opens no group")
        self._read_level(inside, span, nesting, background)

    def _read_substitutions(self, node: "Node", nesting: "Nesting", background: bool) -> None:
        for substitution in substitutions(node):
            written = self.source.span(substitution).of(self.source.text)
            if written.startswith("`") and "`" in written[1:-1]:
                raise Unreadable("backticks within backticks")
            self._read_enclosed(substitution, (*nesting, "substitution"), background)

    def _read_compound(self, node: "Node", nesting: "Nesting", background: bool) -> None:
        kind = COMPOUND[node.type]
        if kind == "group" and node.children[0].type == "((":
            # Arithmetic to bash, nested subshells to others.
            raise Unreadable("two opening parentheses, which shells read differently")
        if kind in ("subshell", "group"):
            self._read_enclosed(node, (*nesting, kind), background)
        elif kind in ("if", "while"):
            span = self.source.span(node)
            self._read_level(node.children, span, (*nesting, kind), background)
        else:
            for part in node.children:
                self._read_part(part, kind, nesting, background)

    def _read_part(self, part: "Node", kind: str, nesting: "Nesting", background: bool) -> None:
        """A part of a `for`, a `case` or a function."""
        inner = (*nesting, kind)
        if part.type == "comment":
            self.findings.comments.append(self.source.span(part))
        elif part.type in REDIRECTIONS and read_redirection(self.source, part)[1]:
            raise Unreadable("a word where a command is expected")
        elif part.type in ("select", "function", "(("):
            self.findings.bashisms = True
        elif part.type == "case_item":
            self._read_case_item(part, nesting, background)
        elif part.type in ("do_group", "compound_statement") and part.children[0].type != "((":
            self._read_enclosed(part, inner, background)
        elif part.type in COMPOUND:
            self._read_level([part], self.source.span(part), inner, background)
        else:
            self._read_substitutions(part, nesting, background)

    def _read_case_item(self, item: "Node", nesting: "Nesting", background: bool) -> None:
        parts = item.children
        closing = next(at for at, part in enumerate(parts) if part.type == ")")
        for pattern in parts[:closing]:
            self._read_substitutions(pattern, nesting, background)
        span = Span(self.source.span(parts[closing]).end, self.source.span(item).end)
        self._read_level(parts[closing + 1 :], span, (*nesting, "case"), background)


def _command(item: Item, simple: SimpleCommand, nesting: "Nesting", background: bool) -> Command:
    return Command(
        item.span,
        tuple(simple.words),
        tuple(simple.assignments),
        tuple(item.redirections),
        item.connector,
        item.connector_span,
        nesting,
        background,
    )


def _kind(pipeline: list[Item]) -> str:
    first = pipeline[0]
    if first.negated_from is not None:
        return "negation"
    if len(pipeline) > 1:
        return "pipeline"
    if first.simple is None:
        assert first.node is not None
        return COMPOUND[first.node.type]
    words = first.simple.words
    if words and words[0].text in ("test", "[", "[["):
        return "test"
    return "command" if words or not first.simple.assignments else "assignment"
