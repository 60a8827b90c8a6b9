"""Patterns with brackets, backslashes and carets, as moby/patternmatcher reads them.

It writes each pattern as an expression for Go's regexp, and does so letter by letter: a backslash
and a letter become one of Go's classes (`\\d` is any digit), a caret outside of brackets is the
beginning of the path, and a star within brackets ends them. So the expression is written here in
the same way, and then read as Go reads it. Whether a pattern is malformed is asked of Go's
filepath.Match, which stops looking where the path "." no longer fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from buildkit_client.go_expressions import Malformed, compile_expression

__all__ = ["GoMatcher", "Malformed", "compile_pattern"]

# It means to escape `|{}` too, and forgets that these have no place in its table of 64.
_ESCAPED = frozenset(".+()$")


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
    return compile_expression(expression)


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
