"""Patterns with brackets, backslashes and carets, as moby/patternmatcher reads them.

It writes each pattern as an expression for Go's regexp, and does so letter by letter: a backslash
and a letter become one of Go's classes (`\\d` is any digit), a caret outside of brackets is the
beginning of the path, and a star within brackets ends them. So the expression is written here in
the same way, and then read as Go reads it. Whether a pattern is malformed is asked of Go's
filepath.Match, which stops looking where the path "." no longer fits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache

# It means to escape `|{}` too, and forgets that these have no place in its table of 64.
_ESCAPED = frozenset(".+()$")
_CONTROL = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LETTERS = {
    "d": "0-9",
    "D": "^0-9",
    "s": r"\t\n\f\r ",
    "S": r"^\t\n\f\r ",
    "w": "0-9A-Za-z_",
    "W": "^0-9A-Za-z_",
}
_NAMED = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_OCTAL = re.compile(r"[1-7][0-7]{1,2}|0[0-7]{0,2}")
_HEXADECIMAL = re.compile(r"x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})")
_PROPERTY = re.compile(r"\\([pP])(?:\{(\^?)(.*?)\}|(.?))", re.DOTALL)
_NAMED_CLASS = re.compile(r"\[:(\^?)(.*?):\]", re.DOTALL)
_COUNT = "(?:0|[1-9][0-9]*)"
_REPETITION = re.compile(rf"\*|\{{{_COUNT}(?:,{_COUNT}?)?\}}")
# What stars of the pattern became; a star alone repeats the brackets before it.
_STARS = re.compile(r"\(\.\*/\)\?|\.\*")


class Malformed(ValueError):
    """Go refuses the pattern."""


def compile_pattern(pattern: str) -> Callable[[str], object]:
    """A test of paths. Raises `Malformed`, also for what Go would only refuse once it is used."""
    _check(pattern)
    kind, expression = _write(pattern)
    if kind == "exact":
        return pattern.__eq__
    if kind == "prefix":
        return _begins_with(pattern[:-2])
    if kind == "suffix":
        return _ends_with(pattern[2:])
    # Nothing but what stands between its anchors: Go's `^` and `$` know no lines.
    return re.compile(_Reader(expression).python()).search


def _begins_with(start: str) -> Callable[[str], object]:
    return lambda path: path.startswith(start)


def _ends_with(end: str) -> Callable[[str], object]:
    return lambda path: path.endswith(end) or (end[0] == "/" and path == end[1:])


def _write(pattern: str) -> tuple[str, str]:
    """What kind of pattern it is, and the expression that Go is given for it."""
    kind, written, place = "exact", ["^"], 0
    while place < len(pattern):
        first, sign = place == 0, pattern[place]
        place += 1
        if sign == "*" and pattern.startswith("*", place):
            place += 2 if pattern.startswith("/", place + 1) else 1
            if place < len(pattern):
                kind = "expression"
                written.append("(.*/)?")
            else:
                kind = "prefix" if kind == "exact" else "expression"
                written.append(".*")
            if first:
                kind = "suffix"
        elif sign in "*?":
            kind = "expression"
            written.append("[^/]*" if sign == "*" else "[^/]")
        elif sign in _ESCAPED:
            written.append("\\" + sign)
        elif sign == "\\":
            written.append(pattern[place - 1 : place + 1])
            kind = "expression" if place < len(pattern) else kind
            place += 1
        else:
            kind = "expression" if sign in "[]" else kind
            written.append(sign)
    return kind, "".join([*written, "$"])


class _Reader:
    """Reads an expression of Go's and says it in Python's."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0

    def python(self) -> str:
        """The whole expression."""
        said: list[str] = []
        repeated = False
        while self._place < len(self._text):
            if found := _REPETITION.match(self._text, self._place):
                if repeated or said[-1] == "|":
                    raise Malformed(found[0])
                self._place = found.end()
                said[-1] = f"(?:{said[-1]}){_checked(found[0])}"
                repeated = True
                continue
            if found := _STARS.match(self._text, self._place):
                self._place = found.end()
                said.append(found[0])
                repeated = True
                continue
            repeated = False
            said += self._atoms()
        return "".join(said)

    def _atoms(self) -> list[str]:
        sign = self._text[self._place]
        if sign == "\\":
            return self._escape()
        if sign == "[":
            return [self._brackets()]
        self._place += 1
        return [{"^": r"\A", "$": r"\Z", "|": "|"}.get(sign) or re.escape(sign)]

    def _escape(self) -> list[str]:
        letter = self._text[self._place + 1 : self._place + 2]
        if letter and letter in "AbBz":
            self._place += 2
            return [{"A": r"\A", "z": r"\Z"}.get(letter) or rf"(?a:\{letter})"]
        if letter == "Q":
            literal, _, rest = self._text[self._place + 2 :].partition(r"\E")
            self._place = len(self._text) - len(rest)
            return list(map(re.escape, literal))
        if group := self._group():
            return [f"[{group}]"]
        return [re.escape(self._character())]

    def _brackets(self) -> str:
        self._place += 1
        negated = self._takes("^")
        parts: list[str] = []
        while not parts or not self._text.startswith("]", self._place):
            parts.append(self._part())
        self._place += 1
        # A part may say what it is not: so they are alternatives, not one pair of brackets.
        any_of = "|".join(f"[{part}]" for part in parts)
        return rf"(?:(?!{any_of})[\s\S])" if negated else f"(?:{any_of})"

    def _part(self) -> str:
        if named := _NAMED_CLASS.match(self._text, self._place):
            if named[2] not in _NAMED:
                raise Malformed(named[0])
            self._place = named.end()
            return named[1] + _NAMED[named[2]]
        if group := self._group():
            return group
        low = high = self._character()
        if re.compile(r"-[^\]]", re.DOTALL).match(self._text, self._place):
            self._place += 1
            high = self._character()
        if high < low:
            raise Malformed(f"{low}-{high}")
        return f"{re.escape(low)}-{re.escape(high)}"

    def _group(self) -> str:
        """A class that a letter stands for, or nothing."""
        letter = self._text[self._place + 1 : self._place + 2]
        if not self._text.startswith("\\", self._place) or not letter:
            return ""
        if letter in _LETTERS:
            self._place += 2
            return _LETTERS[letter]
        if found := _PROPERTY.match(self._text, self._place):
            self._place = found.end()
            negated = (found[1] == "P") != bool(found[2])
            return ("^" if negated else "") + _category(found[3] or found[4])
        return ""

    def _character(self) -> str:
        """One character, escaped or not."""
        if self._place >= len(self._text):
            raise Malformed("missing ]")
        sign = self._text[self._place]
        self._place += 1
        if sign != "\\":
            return sign
        if number := _OCTAL.match(self._text, self._place):
            self._place = number.end()
            return chr(int(number[0], 8))
        if number := _HEXADECIMAL.match(self._text, self._place):
            self._place = number.end()
            code = int(number[1] or number[2], 16)
            if code > 0x10FFFF:
                raise Malformed(number[0])
            return chr(code)
        letter = self._text[self._place : self._place + 1]
        self._place += 1
        if letter in _CONTROL:
            return _CONTROL[letter]
        if not letter or not letter.isascii() or letter.isalnum():
            raise Malformed(f"\\{letter}")
        return letter

    def _takes(self, sign: str) -> bool:
        found = self._text.startswith(sign, self._place)
        self._place += found
        return found


def _checked(repetition: str) -> str:
    numbers = [int(number[:5]) for number in re.findall("[0-9]+", repetition)]
    if any(number > 1000 for number in numbers) or numbers != sorted(numbers):
        raise Malformed(repetition)
    return repetition


@cache
def _category(name: str) -> str:
    """The characters of a category, as ranges for a pair of brackets.

    Go knows scripts by name as well. They are refused: nobody has names of files by script.
    """
    ranges: list[tuple[int, int]] = []
    for code in range(0x110000):
        if unicodedata.category(chr(code)).startswith(name):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1] = (ranges[-1][0], code)
            else:
                ranges.append((code, code))
    if not ranges:
        raise Malformed(name)
    return "".join(f"{re.escape(chr(low))}-{re.escape(chr(high))}" for low, high in ranges)


def _check(pattern: str) -> None:
    """Raise what filepath.Match(pattern, ".") does."""
    fits_dot, rest = False, pattern
    while rest:
        text = rest.lstrip("*")
        if not text:
            return
        chunk, rest = _chunk(text)
        items = _items(chunk)
        if fits_dot or items != [True]:
            return
        fits_dot = True


def _chunk(text: str) -> tuple[str, str]:
    """What stands before the next star outside of brackets, and the rest."""
    inside, place = False, 0
    while place < len(text):
        sign = text[place]
        if sign == "\\":
            place += place + 1 < len(text)
        elif sign == "*" and not inside:
            break
        elif sign in "[]":
            inside = sign == "["
        place += 1
    return text[:place], text[place:]


def _items(chunk: str) -> list[bool]:
    """For each item of a chunk whether it fits a dot."""
    found, place = [], 0
    while place < len(chunk):
        sign = chunk[place]
        place += 1
        if sign == "[":
            place, fits = _class(chunk, place)
            found.append(fits)
            continue
        if sign == "\\":
            if place == len(chunk):
                raise Malformed(chunk)
            sign = chunk[place]
            place += 1
            found.append(sign == ".")
        else:
            found.append(sign in ".?")
    return found


def _class(chunk: str, place: int) -> tuple[int, bool]:
    negated = chunk.startswith("^", place)
    place += negated
    fits, ranges = False, 0
    while not (ranges and chunk.startswith("]", place)):
        low, place = _class_character(chunk, place)
        high = low
        if chunk[place] == "-":
            high, place = _class_character(chunk, place + 1)
        fits = fits or low <= "." <= high
        ranges += 1
    return place + 1, fits != negated


def _class_character(chunk: str, place: int) -> tuple[str, int]:
    if chunk[place : place + 1] in ("", "-", "]"):
        raise Malformed(chunk)
    place += chunk[place] == "\\"
    # Something must follow, the closing bracket at least; and it must be a character.
    if place + 1 >= len(chunk) or "\ud800" <= chunk[place] <= "\udfff":
        raise Malformed(chunk)
    return chunk[place], place + 1


class GoMatcher:
    """Answers as `MatchesUsingParentResults` does on the way down to a path.

    It is given the patterns in order: whether one is negated, and what it says of a path.
    """

    def __init__(self, patterns: Iterable[tuple[bool, Callable[[str], object]]]) -> None:
        self._patterns = list(patterns)
        self._above: dict[str, tuple[bool, ...]] = {"": (False,) * len(self._patterns)}

    def matches(self, path: str) -> bool:
        """Whether the last pattern that says something of `path` holds it back."""
        folder, _, _ = path.rpartition("/")
        for place in [place for place, sign in enumerate(path) if sign == "/"]:
            if path[:place] not in self._above:
                above = self._above[path[:place].rpartition("/")[0]]
                self._above[path[:place]] = self._match(path[:place], above)[1]
        return self._match(path, self._above[folder])[0]

    def _match(self, path: str, above: tuple[bool, ...]) -> tuple[bool, tuple[bool, ...]]:
        ignored, matched = False, []
        for (negated, fits), before in zip(self._patterns, above, strict=True):
            found = before or (negated == ignored and bool(fits(path)))
            matched.append(found)
            if found:
                ignored = not negated
        return ignored, tuple(matched)
