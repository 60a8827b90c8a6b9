"""Splitting the arguments of an instruction the way BuildKit's line parsers do.

Source: BuildKit frontend/dockerfile/parser/line_parsers.go and split_command.go.
"""

import json
import re
from functools import lru_cache
from typing import NamedTuple

from reimage.dockerfile.logical import Logical
from reimage.dockerfile.tokens import SPACE
from reimage.text import Span, late

BLANKS = re.compile(r"[\t\v\f\r ]+")
_WORD = re.compile(r"[^\t\v\f\r ]+")
_SURROGATE = late("[\ud800-\udfff]")
_JSON_STRING = late(r'"(?:[^"\\]|\\.)*"')


class Word(NamedTuple):
    """A word as BuildKit reads it (`text`, quotes kept) and where it stands in the file."""

    text: str
    span: Span


class Flag(NamedTuple):
    """`--name=value` in front of an instruction's arguments, quotes removed.

    `value` is None without `=`.
    """

    name: str
    value: str | None
    span: Span

    def moved(self, by: int) -> "Flag":
        return Flag(self.name, self.value, self.span.moved(by))


class ArrayError:
    """A JSON array that holds something other than strings; BuildKit rejects the file."""

    message = "when using JSON array syntax, arrays must be comprised of strings only"


def split_blanks(logical: Logical) -> tuple[Word, ...]:
    """Words between blanks; quotes mean nothing."""
    return tuple(
        Word(match.group(), logical.span(*match.span())) for match in _WORD.finditer(logical.text)
    )


def quoted_offsets(text: str, escape: str) -> list[tuple[int, int]]:
    """Where the words between blanks that are not quoted or escaped begin and end in `text`."""
    found = [match.span() for match in _quoted_word(escape).finditer(text)]
    if found and text.endswith(escape):
        # BuildKit drops an escape character that has nothing left to escape.
        start, end = found.pop()
        dangling = _quoted_word(escape, dangling=True).fullmatch(text, start, end)
        if end - bool(dangling) > start:
            found.append((start, end - bool(dangling)))
    return found


@lru_cache(maxsize=4)
def _quoted_word(escape: str, *, dangling: bool = False) -> re.Pattern[str]:
    mark = re.escape(escape)
    escaped = rf"{mark}(?s:.)"
    double = rf'"(?>(?:[^"{mark}]|{escaped})*)'
    pieces = rf"""(?:[^{SPACE}'"{mark}]|{escaped}|{double}"|'[^']*')"""
    if dangling:
        return re.compile(rf"{pieces}*+(?:{double})?{mark}")
    unended = rf"{double}{mark}?|'[^']*|{mark}"
    return re.compile(rf"{pieces}++(?:{unended})?|{unended}")


def split_flags(logical: Logical, at: int, escape: str) -> tuple[tuple[Flag, ...], int]:
    """The flags that begin at offset `at`, and the offset at which the arguments begin."""
    text = logical.text
    flags: list[Flag] = []
    while True:
        while at < len(text) and text[at] in SPACE:
            at += 1
        if not text.startswith("--", at):
            return tuple(flags), at
        end, value, blank_ok = _unquoted_flag(text, at, escape)
        if value == "--":
            return tuple(flags), end
        if value or blank_ok:
            name, equals, rest = value[2:].partition("=")
            flags.append(Flag(name, rest if equals else None, logical.span(at, end)))
        at = end


def _unquoted_flag(text: str, at: int, escape: str) -> tuple[int, str, bool]:
    value: list[str] = []
    quote = ""
    quoted = False
    while at < len(text):
        char = text[at]
        if char == escape:
            at += 1
            value.append(text[at : at + 1])
        elif quote:
            if char == quote:
                quote = ""
            else:
                value.append(char)
        elif char in SPACE:
            break
        elif char in "'\"":
            quote, quoted = char, True
        else:
            value.append(char)
        at += 1
    return min(at, len(text)), "".join(value), quoted


def split_json(logical: Logical) -> tuple[Word, ...] | ArrayError | None:
    """The strings of a JSON array, None when the text is not one (it is then shell form)."""
    text = logical.text
    values = _json_strings(text) if text.startswith("[") else None
    if values is None or isinstance(values, ArrayError):
        return values
    matches = _JSON_STRING.finditer(text)
    return tuple(
        # An escaped half of a surrogate pair is no character: Go says so too.
        Word(_SURROGATE.sub("\ufffd", value), logical.span(*match.span()))
        for value, match in zip(values, matches, strict=True)
    )


@lru_cache(maxsize=64)
def _json_strings(text: str) -> tuple[str, ...] | ArrayError | None:
    """The values of the array; what checks an instruction and what reads it both ask."""
    try:
        values = _JSON.decode(text)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(value, str) for value in values):
        return ArrayError()
    return tuple(values)


def _no_constant(name: str) -> None:
    raise ValueError(name)


_JSON = json.JSONDecoder(parse_constant=_no_constant)
