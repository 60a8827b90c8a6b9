"""Reading a file into the tree. Source: BuildKit frontend/dockerfile/parser/parser.go.

Where BuildKit would stop with an error, reading goes on and the place is noted as a problem.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from reimage.dockerfile.checks import check
from reimage.dockerfile.heredocs import Heredoc, Opener, find_openers
from reimage.dockerfile.instructions import Onbuild
from reimage.dockerfile.logical import Logical
from reimage.dockerfile.one_instruction import read_instruction
from reimage.dockerfile.tokens import SPACE, Token, TokenKind
from reimage.dockerfile.tree import Directive, Dockerfile, Instruction, Problem, untouched
from reimage.dockerfile.words import split_json
from reimage.text import Edit, Span, apply_edits, split_lines

_DIRECTIVE = re.compile(
    r"#[ \t\v\f\r]*([a-zA-Z][a-zA-Z0-9]*)[ \t\f\r]*=[ \t\f\r]*(.+?)[ \t\f\r]*\Z"
)
_DIRECTIVES = frozenset(("syntax", "escape", "check"))
_WITH_HEREDOCS = frozenset(("RUN", "COPY", "ADD"))
_NOTHING: Mapping[int, Instruction] = MappingProxyType({})
_LONGEST_LINE = 65_535
"""bytes; BuildKit's line scanner gives up beyond (Go's bufio.MaxScanTokenSize)."""


class Parsed(NamedTuple):
    """A tree, whatever the input was, and what is wrong with it."""

    tree: Dockerfile
    problems: tuple[Problem, ...]


def parse(source: str) -> Parsed:
    """Read a Dockerfile. Never raises."""
    return _read(source, _NOTHING)


def parse_edited(tree: Dockerfile, edits: Iterable[Edit]) -> Parsed:
    """What `parse` makes of the text of `tree` after `edits`, which must not overlap.

    Instructions that no edit touches are taken over from a tree without problems, and where they
    don't even move, with all that has been found out about them.
    """
    edits = sorted(edits)
    return _read(apply_edits(tree.source, edits), untouched(tree, edits))


def _read(source: str, known: Mapping[int, Instruction]) -> Parsed:
    reader = _Reader(source, known)
    reader.read()
    tree = Dockerfile(source, tuple(reader.parts), tuple(reader.directives), reader.escape)
    problems = sorted((*reader.problems, *check(tree)), key=lambda problem: problem.span)
    if not problems:
        for instruction in tree.instructions:
            instruction.accepted = True
    return Parsed(tree, tuple(problems))


_Line: TypeAlias = tuple[int, str, str]
"""A line of the file: where it starts, its text, and its ending."""


class _Reader:
    """One pass over the lines. Comments wait in `pending` until it is known who owns them.

    `known` are instructions that were read before, by the offsets at which they may stand.
    """

    def __init__(self, source: str, known: Mapping[int, Instruction]) -> None:
        self.source = source
        self.known = known
        self.lines = split_lines(source)
        self.newline = "\r\n" if self.lines and self.lines[0].endswith("\r\n") else "\n"
        self.number = 0
        self.offset = 0
        self.escape = "\\"
        self.directives: list[Directive] = []
        self.reading_directives = True
        self.parts: list[Token | Instruction] = []
        self.pending: list[Token] = []
        self.problems: list[Problem] = []

    def read(self) -> None:
        if self.lines and self.lines[0].startswith("\ufeff"):
            self.parts.append(Token(TokenKind.BOM, 0, "\ufeff"))
            self.lines[0] = self.lines[0][1:]
            self.offset = 1
        while self.number < len(self.lines):
            if self.offset in self.known and self._take_over(self.known[self.offset]):
                continue
            line = self._next()
            stripped = line[1].lstrip(SPACE)
            if not stripped:
                self.reading_directives = False
                self._release()
                self._trivia(self.parts, line, "", TokenKind.SPACE)
            elif stripped[0] == "#":
                self._comment(line, stripped)
            else:
                self.reading_directives = False
                self._instruction(line, stripped)
        self._release()

    def _take_over(self, known: Instruction) -> bool:
        """Whether what follows is the `known` instruction, which then is done with."""
        if self.pending or self.reading_directives:
            return False
        if known.escape != self.escape or known.newline != self.newline:
            return False
        end = known.full_span.end
        self.number += self.source.count("\n", self.offset, end)
        self.number += self.source[end - 1] != "\n"
        self.offset = end
        self.parts.append(known)
        return True

    def _next(self) -> _Line:
        raw = self.lines[self.number]
        self.number += 1
        text = raw.rstrip("\r\n")
        start = self.offset
        self.offset += len(raw)
        if len(raw) > _LONGEST_LINE // 4 and len(raw.encode("utf-8", "replace")) > _LONGEST_LINE:
            message = f"line is longer than the {_LONGEST_LINE:,} bytes that BuildKit reads"
            self.problems.append(Problem(Span(start, start + len(text)), message))
        return start, text, raw[len(text) :]

    def _release(self) -> None:
        """The waiting comments stand above nothing: they belong to nobody."""
        self.parts += self.pending
        self.pending = []

    def _trivia(
        self, into: list[Token] | list[Token | Instruction], line: _Line, text: str, kind: TokenKind
    ) -> None:
        start, whole, ending = line
        indent = whole[: len(whole) - len(text)]
        if indent:
            into.append(Token(TokenKind.SPACE, start, indent))
        if text:
            into.append(Token(kind, start + len(indent), text))
        if ending:
            into.append(Token(TokenKind.NEWLINE, start + len(whole), ending))

    def _comment(self, line: _Line, stripped: str) -> None:
        if self.reading_directives and self._directive(line, stripped):
            self._trivia(self.parts, line, stripped, TokenKind.DIRECTIVE)
        else:
            self._trivia(self.pending, line, stripped, TokenKind.COMMENT)

    def _directive(self, line: _Line, stripped: str) -> bool:
        match = _DIRECTIVE.match(stripped)
        if not match or match[1].lower() not in _DIRECTIVES:
            self.reading_directives = False
            return False
        name, value = match[1].lower(), match[2]
        end = line[0] + len(line[1])
        span = Span(end - len(stripped), end)
        if any(found.name == name for found in self.directives):
            message = f"only one {name} parser directive can be used"
            self.problems.append(Problem(span, message))
        elif name == "escape" and value not in ("\\", "`"):
            message = f"invalid escape token {value!r} does not match ` or \\"
            self.problems.append(Problem(span, message))
        elif name == "escape":
            self.escape = value
        self.directives.append(Directive(name, value, span))
        return True

    def _instruction(self, line: _Line, stripped: str) -> None:
        tokens: list[Token] = []
        pieces = self._continued_lines(line, stripped, tokens)
        logical = Logical.of_pieces(pieces)
        first = pieces[0][0]
        draft = read_instruction(logical, self.escape)
        draft.newline = self.newline
        heredocs = self._heredocs(draft, logical, tokens)
        last = tokens[-1]
        end = last.start if last.kind is TokenKind.NEWLINE else last.end
        if last.kind is TokenKind.CONTINUATION:
            end = last.start + len(last.text.rstrip("\r\n"))
        owned = (*self.pending, *tokens)
        self.pending = []
        _complete(draft, heredocs, owned, Span(first, end))
        self.parts.append(draft)

    def _continued_lines(
        self, line: _Line, stripped: str, tokens: list[Token]
    ) -> list[tuple[int, str]]:
        """The pieces that BuildKit joins; ARGUMENTS tokens stand for them until they are cut."""
        pieces: list[tuple[int, str]] = []
        start, text, ending = line
        indent = len(text) - len(stripped)
        if indent:
            tokens.append(Token(TokenKind.SPACE, start, text[:indent]))
            start, text = start + indent, stripped
        while True:
            before = self._before_continuation(text)
            piece = text if before is None else before
            pieces.append((start, piece))
            if piece:
                tokens.append(Token(TokenKind.ARGUMENTS, start, piece))
            if before is None:
                if ending:
                    tokens.append(Token(TokenKind.NEWLINE, start + len(text), ending))
                return pieces
            rest = text[len(piece) :] + ending
            tokens.append(Token(TokenKind.CONTINUATION, start + len(piece), rest))
            following = self._next_continued(tokens)
            if following is None:
                return pieces
            start, text, ending = following

    def _next_continued(self, tokens: list[Token]) -> _Line | None:
        while self.number < len(self.lines):
            line = self._next()
            stripped = line[1].lstrip(SPACE)
            if stripped and stripped[0] != "#":
                return line
            self._trivia(tokens, line, stripped, TokenKind.COMMENT)
        return None

    def _before_continuation(self, text: str) -> str | None:
        """The text before the escape character that ends a line, None when the line ends there."""
        bare = text.rstrip(" \t")
        if not bare.endswith(self.escape) or bare[-2:-1] == self.escape:
            return None
        return bare[:-1]

    def _heredocs(
        self, instruction: Instruction, logical: Logical, tokens: list[Token]
    ) -> tuple[Heredoc, ...]:
        target = instruction
        if isinstance(instruction, Onbuild) and instruction.inner:
            target = instruction.inner
        if target.keyword not in _WITH_HEREDOCS or "<<" not in logical.text:
            return ()
        if isinstance(split_json(target.arguments), tuple):
            return ()
        return tuple(
            self._heredoc(opener, logical, tokens) for opener in find_openers(logical.text)
        )

    def _heredoc(self, opener: Opener, logical: Logical, tokens: list[Token]) -> Heredoc:
        start = self.offset
        span = logical.span(opener.start, opener.end)
        while self.number < len(self.lines):
            begin, text, _ = self._next()
            candidate = text.lstrip("\t") if opener.strips_tabs else text
            if candidate == opener.name:
                end = Span(begin, begin + len(text))
                break
        else:
            end = Span(self.offset, self.offset)
            message = f"unterminated heredoc: no line {opener.name!r} follows"
            self.problems.append(Problem(span, message))
        body = Span(start, end.start)
        content = body.of(self.source)
        if content:
            tokens.append(Token(TokenKind.HEREDOC, start, content))
        if end.end > end.start:
            tokens.append(Token(TokenKind.HEREDOC_END, end.start, end.of(self.source)))
        if self.offset > end.end:
            tokens.append(Token(TokenKind.NEWLINE, end.end, self.source[end.end : self.offset]))
        return Heredoc(
            opener.name,
            opener.expands,
            opener.strips_tabs,
            opener.descriptor,
            span,
            body,
            end,
            content,
        )


def _complete(
    draft: Instruction, heredocs: tuple[Heredoc, ...], tokens: tuple[Token, ...], span: Span
) -> None:
    draft.heredocs, draft.owned, draft.span = heredocs, tokens, span
    if isinstance(draft, Onbuild) and draft.inner:
        draft.inner.heredocs, draft.inner.owned = heredocs, tokens
        draft.inner.span = Span(draft.inner.span.start, span.end)
