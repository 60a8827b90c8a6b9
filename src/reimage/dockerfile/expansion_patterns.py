"""The patterns of `${x#p}`, `${x%p}` and `${x/p/r}`: `*` is any run, `?` any character of a line.

Source: convertShellPatternToRegex in BuildKit frontend/dockerfile/shell/lex.go. A pattern is kept
as the segments between its stars. Putting each segment at its first possible place (the last one
at its last place for the longest match) finds what a backtracking expression would find, without
its exponential time.
"""

import re
from typing import NamedTuple

from reimage.text import Span, late

_STAR = "*"
_ANY = "."
_CHARACTERS = late(r"\\?.", re.DOTALL)
_TEMPLATE = late(r"\$(?:(\$)|(\w+)|\{(\w+)\})")


class PatternError(NamedTuple):
    """A pattern that BuildKit refuses."""

    message: str


class _Segment(NamedTuple):
    expression: re.Pattern[str]
    length: int


class Pattern(NamedTuple):
    """A pattern ready to match; `backwards` ones match reversed texts."""

    segments: tuple[_Segment, ...]

    def end_of_match(self, text: str, start: int, *, longest: bool) -> int | None:
        """Where the match that begins at `start` ends."""
        first = self.segments[0].expression.match(text, start)
        if first is None:
            return None
        end = first.end()
        for number, segment in enumerate(self.segments[1:], 2):
            is_last = number == len(self.segments)
            found = (_last_place if longest and is_last else _first_place)(segment, text, end)
            if found is None:
                return None
            end = found
        return end

    def find(self, text: str, start: int) -> Span | None:
        """The first match at or after `start`, as long as can be."""
        while head := self.segments[0].expression.search(text, start):
            end = self.end_of_match(text, head.start(), longest=True)
            if end is not None:
                return Span(head.start(), end)
            # A star stays in its line, so what failed here fails for the rest of the line.
            newline = text.find("\n", head.start())
            if newline < 0:
                return None
            start = newline + 1
        return None


def _end_of_line(text: str, at: int) -> int:
    newline = text.find("\n", at)
    return len(text) if newline < 0 else newline


def _first_place(segment: _Segment, text: str, at: int) -> int | None:
    """The end of the first `segment` that a star from `at` can reach."""
    reach = _end_of_line(text, at) + segment.length
    found = segment.expression.search(text, at, reach)
    return None if found is None else found.end()


def _last_place(segment: _Segment, text: str, at: int) -> int | None:
    latest = min(_end_of_line(text, at), len(text) - segment.length)
    for start in range(latest, at - 1, -1):
        if segment.expression.match(text, start):
            return start + segment.length
    return None


def compile_pattern(pattern: str, *, backwards: bool = False) -> Pattern | PatternError:
    """Read `pattern`; its escape is the backslash, whatever the escape of the file is."""
    elements = _elements(_reversed(pattern) if backwards else pattern)
    if isinstance(elements, PatternError):
        return elements
    segments: list[list[str]] = [[]]
    for element in elements:
        if element == _STAR:
            segments.append([])
        else:
            segments[-1].append(element)
    return Pattern(tuple(_Segment(re.compile("".join(each)), len(each)) for each in segments))


def _reversed(pattern: str) -> str:
    """Back to front, escapes still in front of what they escape.

    A last backslash comes to escape the character before it, as in BuildKit.
    """
    return "".join(reversed(_CHARACTERS.findall(pattern)))


def _elements(pattern: str) -> list[str] | PatternError:
    """One expression for each character to match, `_STAR` for a star."""
    elements: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if character == "*":
            elements.append(_STAR)
        elif character == "?":
            elements.append(_ANY)
        elif character != "\\":
            elements.append(re.escape(character))
        else:
            escaped = next(characters, "")
            if escaped not in ("*", "?", "\\", "}", "/"):
                reason = f"invalid escape '\\{escaped}'"
                return PatternError(f"invalid pattern ({pattern}) in substitution: {reason}")
            elements.append(re.escape(escaped))
    return elements


def trim_start(value: str, pattern: str, *, longest: bool) -> str | PatternError:
    """`value` without the match of `pattern` at its start."""
    compiled = compile_pattern(pattern)
    if isinstance(compiled, PatternError):
        return compiled
    return value[compiled.end_of_match(value, 0, longest=longest) or 0 :]


def trim_end(value: str, pattern: str, *, longest: bool) -> str | PatternError:
    """`value` without the match of `pattern` at its end."""
    compiled = compile_pattern(pattern, backwards=True)
    if isinstance(compiled, PatternError):
        return compiled
    end = compiled.end_of_match(value[::-1], 0, longest=longest) or 0
    return value[: len(value) - end]


def replace_first(value: str, pattern: str, replacement: str) -> str | PatternError:
    """`value` with the first match of `pattern` replaced."""
    compiled = compile_pattern(pattern)
    if isinstance(compiled, PatternError):
        return compiled
    found = compiled.find(value, 0)
    return value if found is None else value[: found.start] + replacement + value[found.end :]


def replace_all(
    value: str, pattern: str, replacement: str, *, longest_result: int
) -> str | PatternError:
    """`value` with every match of `pattern` replaced.

    BuildKit hands the replacement to Go's `ReplaceAllString`, so `$0` in it is the match, `$$` a
    dollar sign, and any other `$name` nothing.
    """
    compiled = compile_pattern(pattern)
    if isinstance(compiled, PatternError):
        return compiled
    pieces: list[str] = []
    done = at = size = 0
    while at <= len(value) and (found := compiled.find(value, at)):
        # As in Go, an empty match right behind another match is none.
        if found.end > done or found.start == 0:
            match = found.of(value)
            size += len(replacement) + len(match) * replacement.count("$")
            if size > longest_result:
                return PatternError(f"expands to more than {longest_result} characters")
            pieces += (value[done : found.start], _filled(replacement, match))
            done = found.end
        at = max(found.end, at + 1)
    pieces.append(value[done:])
    return "".join(pieces)


def _filled(replacement: str, match: str) -> str:
    if "$" not in replacement:
        return replacement
    return _TEMPLATE.sub(
        lambda found: "$" if found[1] else match if "0" in (found[2], found[3]) else "",
        replacement,
    )
