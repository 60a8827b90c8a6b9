"""The tree: directives, instructions and the trivia between them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

from reimage.dockerfile.heredocs import Heredoc
from reimage.dockerfile.logical import Logical
from reimage.dockerfile.tokens import Token, TokenKind, cut
from reimage.dockerfile.words import Flag
from reimage.text import Edit, LineIndex, Span, kept


class Problem(NamedTuple):
    """A place that BuildKit rejects. A file with problems is reported, never edited."""

    span: Span
    message: str


class Directive(NamedTuple):
    """`# syntax=…`, `# escape=…` or `# check=…` at the top of the file; `name` in lower case."""

    name: str
    value: str
    span: Span


class Instruction:
    """One instruction with the comments directly above it and its own line ending.

    `keyword` is in upper case. `logical` is the whole instruction as BuildKit joins it, `arguments`
    what follows the flags. `span` reaches from the keyword to the end of the last line (heredoc
    terminators included, line ending not); `full_span` covers all `tokens`. `owned` are the tokens
    as they were read line by line, in which keyword, flags and arguments are still one. `trigger`
    is true for the inner instruction of an ONBUILD. `newline` is the line ending of the file's
    first line: what an instruction at the end of the file may lack. `accepted` says that BuildKit
    has no objection to it.
    """

    def __init__(
        self,
        keyword: str,
        logical: Logical,
        flags: tuple[Flag, ...],
        arguments: Logical,
        heredocs: tuple[Heredoc, ...],
        span: Span,
        escape: str,
        *,
        trigger: bool = False,
    ) -> None:
        self.keyword = keyword
        self.logical = logical
        self.flags = flags
        self.arguments = arguments
        self.heredocs = heredocs
        self.span = span
        self.escape = escape
        self.trigger = trigger
        self.newline = "\n"
        self.accepted = False
        self._before: tuple[Instruction, int] | None = None

    def __repr__(self) -> str:
        return f"<{self.keyword} at {self.span.start}: {self.logical.text[:60]!r}>"

    def moved(self, by: int) -> Self:
        """The same instruction `by` characters further down the file."""
        if not by:
            return self
        moved = type(self)(
            self.keyword,
            self.logical.moved(by),
            tuple(flag.moved(by) for flag in self.flags) if self.flags else (),
            self.arguments.moved(by),
            tuple(heredoc.moved(by) for heredoc in self.heredocs) if self.heredocs else (),
            self.span.moved(by),
            self.escape,
            trigger=self.trigger,
        )
        moved.newline, moved.accepted = self.newline, self.accepted
        moved.full_span = self.full_span.moved(by)
        moved._before = self, by
        return moved

    @kept
    def owned(self) -> tuple[Token, ...]:
        if self._before is None:
            return ()
        before, by = self._before
        return tuple(Token(kind, start + by, text) for kind, start, text in before.owned)

    @kept
    def tokens(self) -> tuple[Token, ...]:
        """All its tokens, in order."""
        return tuple(cut(self.owned, self._marks()))

    def _marks(self) -> Iterator[tuple[Span, TokenKind]]:
        yield self.keyword_span, TokenKind.KEYWORD
        for flag in self.flags:
            yield flag.span, TokenKind.FLAG
        yield self.arguments.whole, TokenKind.ARGUMENTS

    @kept
    def full_span(self) -> Span:
        return Span(self.owned[0].start, self.owned[-1].end)

    @property
    def keyword_span(self) -> Span:
        return self.logical.span(0, len(self.keyword))

    @property
    def comments(self) -> tuple[Token, ...]:
        """The comment lines directly above."""
        return tuple(
            token
            for token in self.owned
            if token.kind is TokenKind.COMMENT and token.start < self.span.start
        )

    @property
    def inner_comments(self) -> tuple[Token, ...]:
        """The comment lines between continued lines."""
        return tuple(
            token
            for token in self.owned
            if token.kind is TokenKind.COMMENT and token.start > self.span.start
        )

    @property
    def continued(self) -> bool:
        """Whether the instruction is spread over lines by continuations."""
        return any(token.kind is TokenKind.CONTINUATION for token in self.owned)

    def flag(self, name: str) -> Flag | None:
        """The last flag of that name."""
        return next((flag for flag in reversed(self.flags) if flag.name == name), None)

    def flag_value(self, name: str) -> str | None:
        flag = self.flag(name)
        return flag.value if flag else None


class Dockerfile:
    """A parsed file. `parts` are instructions and the tokens between them, in order.

    `escape` is the escape character in force, `newline` the line ending of the first line.
    """

    def __init__(
        self,
        source: str,
        parts: tuple[Token | Instruction, ...],
        directives: tuple[Directive, ...],
        escape: str,
    ) -> None:
        self.source = source
        self.parts = parts
        self.directives = directives
        self.escape = escape
        self.instructions = tuple(part for part in parts if isinstance(part, Instruction))

    @kept
    def newline(self) -> str:
        first = self.source.find("\n")
        return "\r\n" if first > 0 and self.source[first - 1] == "\r" else "\n"

    @kept
    def lines(self) -> LineIndex:
        return LineIndex(self.source)

    @property
    def tokens(self) -> Iterator[Token]:
        """Every byte of the file, once."""
        for part in self.parts:
            if isinstance(part, Instruction):
                yield from part.tokens
            else:
                yield part

    def directive(self, name: str) -> Directive | None:
        return next((found for found in self.directives if found.name == name), None)

    def line(self, instruction: Instruction) -> int:
        """The 1-based line of the instruction's keyword."""
        return self.lines.line(instruction.span.start)


def untouched(tree: Dockerfile, edits: Sequence[Edit]) -> dict[int, Instruction]:
    """The accepted instructions that `edits`, in order, leave alone, by where they stand then.

    What comes to stand behind the end of the file may become part of the last one.
    """
    found: dict[int, Instruction] = {}
    number = by = 0
    for instruction in tree.instructions:
        start, end = instruction.full_span
        while number < len(edits) and edits[number].span.end <= start:
            span, text = edits[number]
            by += len(text) - (span.end - span.start)
            number += 1
        ends_file = end == len(tree.source)
        if number < len(edits) and edits[number].span.start < end + ends_file:
            continue
        if instruction.accepted:
            found[start + by] = instruction.moved(by)
    return found
