"""One word of a shell script, and what quoting does to it."""

import re
from typing import NamedTuple

from reimage.text import Span, late

_NEEDS_READING = late(r"[\\'\"$`]|[<>]\(")
_PIECE = late(
    r"""(?P<plain>[^\\'"$`<>]+|[<>](?!\())"""
    r"""|'(?P<single>[^']*)'"""
    r"""|"(?P<double>(?:[^"\\$`]|\\.|\$(?![A-Za-z_0-9{(@*#?$!-]))*)\""""
    r"""|\\(?P<escaped>.)"""
    r"""|(?P<dollar>\$(?![A-Za-z_0-9{(@*#?$!'"-]))""",
    re.DOTALL,
)
_ESCAPED_IN_DOUBLE_QUOTES = late(r"\\([$`\"\\\n])")
_QUOTED = late(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.", re.DOTALL)
_SAFE = late(r"[A-Za-z0-9_@%+=:,./-]+")


class Word(NamedTuple):
    """A word as written, and its value where that does not depend on a running shell.

    Globs, braces and a leading tilde keep their value; `has_glob` tells of the first.
    """

    span: Span
    text: str
    value: str | None

    @property
    def has_expansion(self) -> bool:
        """Whether the word holds `$name`, `$(…)`, backticks or a process substitution."""
        return self.value is None

    @property
    def has_glob(self) -> bool:
        """Whether an unquoted `*`, `?` or `[` is in the word."""
        unquoted = _QUOTED.sub("", self.text)
        return any(sign in unquoted for sign in "*?[")


def literal(word_text: str) -> str | None:
    """The word without its quotes and escapes; None when only a running shell knows."""
    if not _NEEDS_READING.search(word_text):
        return word_text
    value = ""
    at = 0
    while at < len(word_text):
        piece = _PIECE.match(word_text, at)
        if piece is None:
            return None
        value += _unquoted(piece)
        at = piece.end()
    return value


def _unquoted(piece: re.Match[str]) -> str:
    kind = piece.lastgroup
    assert kind is not None
    written = piece[kind]
    if kind == "double":
        return _ESCAPED_IN_DOUBLE_QUOTES.sub(
            lambda escape: "" if escape[1] == "\n" else escape[1], written
        )
    if kind == "escaped" and written == "\n":
        return ""
    return written


def quote(value: str) -> str:
    """`value` as one word of a POSIX shell, quoted only when it has to be."""
    if _SAFE.fullmatch(value):
        return value
    return "'" + value.replace("'", "'\"'\"'") + "'"
