"""Expressions of Go's regexp, as far as patterns of ignore files become such.

Python's `re` tries out all ways to part a path among several stars, which a stranger's pattern can
make take years. So with more than a few stars it is done as in Go, whose time grows with the length
of the path alone: character by character, with all places that could have been reached.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

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
_REPETITION = re.compile(rf"\*|\{{({_COUNT})(,{_COUNT}|,)?\}}")
# What stars of the pattern became; a star alone repeats the brackets before it.
_STARS = re.compile(r"\(\.\*/\)\?|\.\*")


class Malformed(ValueError):
    """Go refuses the pattern."""


class _Part(NamedTuple):
    """One thing to match, said in Python, and how often."""

    said: str
    low: int = 1
    high: int | None = 1

    @property
    def python(self) -> str:
        """For `re`."""
        if (self.low, self.high) == (1, 1) or self.said in (_ANY_DIRECTORIES, _ANYTHING):
            return self.said
        high = "" if self.high is None else self.high
        return f"(?:{self.said}){{{self.low},{high}}}"


_ANY_DIRECTORIES, _ANYTHING = "(.*/)?", ".*"
# So many parts of uncertain length `re` may try out.
_MOST_UNCERTAIN = 2


def compile_expression(text: str) -> Callable[[str], object]:
    """Whether something in a path fits. Raises `Malformed`."""
    parts = _Reader(text).parts()
    if sum(part.low != part.high for part in parts) <= _MOST_UNCERTAIN:
        return re.compile("".join(part.python for part in parts)).search
    return _Places(parts).reach_the_end


class _Places:
    """Follows all places of a path at once; a set of them is a number, a bit for each place."""

    def __init__(self, parts: list[_Part]) -> None:
        self._alternatives: list[list[_Part]] = [[]]
        for part in parts:
            if part.said == "|":
                self._alternatives.append([])
            else:
                self._alternatives[-1].append(part)
        self._tests = {part.said: re.compile(part.said) for part in parts if part.said != "|"}
        self._fits: dict[tuple[str, str], bool] = {}

    def reach_the_end(self, path: str) -> bool:
        """Whether an alternative fits somewhere."""
        where: dict[str, int] = {}
        for place, sign in enumerate(path):
            where[sign] = where.get(sign, 0) | 1 << place
        everywhere = (1 << len(path) + 1) - 1
        for alternative in self._alternatives:
            places = everywhere
            for part in alternative:
                places = self._step(part, places, path, where)
            if places:
                return True
        return False

    def _step(self, part: _Part, places: int, path: str, where: dict[str, int]) -> int:
        if part.said in (_ANY_DIRECTORIES, _ANYTHING):
            signs = sum(where.values()) & ~where.get("\n", 0)
            reached = _spread(places, signs)
            if part.said == _ANYTHING:
                return reached
            return places | (reached & where.get("/", 0)) << 1
        if part.said in _WIDTHLESS or part.said.startswith("(?a:"):
            if not part.low:
                return places
            test = self._tests[part.said]
            # Python's `match` from a place on still sees what stands before it.
            found = (place for place in range(len(path) + 1) if test.match(path, place))
            return places & sum(1 << place for place in found)
        signs = sum(found for sign, found in where.items() if self._takes(part.said, sign))
        for _ in range(part.low):
            places = (places & signs) << 1
        if part.high is None:
            return _spread(places, signs)
        for _ in range(part.high - part.low):
            places |= (places & signs) << 1
        return places

    def _takes(self, said: str, sign: str) -> bool:
        known = self._fits.get((said, sign))
        if known is None:
            known = self._fits[said, sign] = self._tests[said].fullmatch(sign) is not None
        return known


_WIDTHLESS = frozenset([r"\A", r"\Z"])


def _spread(places: int, signs: int) -> int:
    """Places, and those that any number of the signs lead on to: 1, 2, 4, 8 … of them at a time."""
    step = 1
    while signs:
        places |= (places & signs) << step
        signs &= signs >> step
        step *= 2
    return places


class _Reader:
    """Reads an expression of Go's and says it in Python's."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0

    def parts(self) -> list[_Part]:
        """The whole expression."""
        read: list[_Part] = []
        repeated = False
        while self._place < len(self._text):
            if found := _REPETITION.match(self._text, self._place):
                if repeated or read[-1].said == "|":
                    raise Malformed(found[0])
                self._place = found.end()
                read[-1] = _repeated(read[-1], found)
                repeated = True
            elif found := _STARS.match(self._text, self._place):
                self._place = found.end()
                read.append(_Part(found[0], 0, None))
                repeated = True
            else:
                repeated = False
                read += [_Part(said) for said in self._atoms()]
        return read

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


def _repeated(part: _Part, found: re.Match[str]) -> _Part:
    if found[0] == "*":
        return _Part(part.said, 0, None)
    low = int(found[1][:5])
    high = low if found[2] is None else int(found[2][1:6]) if found[2][1:] else None
    if low > 1000 or (high is not None and not low <= high <= 1000):
        raise Malformed(found[0])
    return _Part(part.said, low, high)


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
