"""Tokens: the text of the file, cut into pieces that join to the file again."""

import enum
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from reimage.text import Span

SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Go's unicode.IsSpace accepts; Python's str.strip would also take U+001C to U+001F."""


class TokenKind(enum.Enum):
    """What a piece of the file is."""

    BOM = "byte order mark"
    DIRECTIVE = "directive"
    COMMENT = "comment"
    SPACE = "space"
    NEWLINE = "newline"
    KEYWORD = "keyword"
    FLAG = "flag"
    ARGUMENTS = "arguments"
    CONTINUATION = "continuation"
    HEREDOC = "heredoc"
    HEREDOC_END = "heredoc end"


class Token(NamedTuple):
    """A piece of the file at offset `start`."""

    kind: TokenKind
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def span(self) -> Span:
        return Span(self.start, self.start + len(self.text))


def cut(tokens: Iterable[Token], marks: Iterable[tuple[Span, TokenKind]]) -> Iterator[Token]:
    """Cut the ARGUMENTS tokens where `marks`, in order, tell more; what no mark covers is SPACE."""
    marks = list(marks)
    for token in tokens:
        if token.kind is TokenKind.ARGUMENTS:
            yield from _cut(token, marks)
        else:
            yield token


def _cut(token: Token, marks: list[tuple[Span, TokenKind]]) -> Iterator[Token]:
    at = token.start
    for span, kind in marks:
        start, end = max(span.start, at), min(span.end, token.end)
        if start < end:
            if start > at:
                yield _piece(token, TokenKind.SPACE, at, start)
            yield _piece(token, kind, start, end)
            at = end
    if at < token.end:
        yield _piece(token, TokenKind.SPACE, at, token.end)


def _piece(token: Token, kind: TokenKind, start: int, end: int) -> Token:
    return Token(kind, start, token.text[start - token.start : end - token.start])
