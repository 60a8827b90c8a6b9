"""Which paths of a build context a `.dockerignore` file holds back, as BuildKit reads it.

The patterns are matched by `e2b_dockerfile_utils`, a port of moby/patternmatcher; names without
wildcards need no port. Where one of them has a backslash, a caret, a brace or an unusual bracket,
`go_patterns` does it, for the port reads these otherwise than Go does. What is added here: reading
the file, and asking only about names that some pattern could match, so that a large context is
filtered in milliseconds.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from e2b_dockerfile_utils import PatternMatcher

    from buildkit_client.go_patterns import GoMatcher

    _Port = PatternMatcher | GoMatcher

# What Go's strings.TrimSpace takes away; str.strip() would also take U+001C to U+001F.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_WILDCARD = re.compile(r"[*?\[\\{|^]")
# bufio.Scanner, which reads the file for BuildKit, refuses longer lines.
_LONGEST_LINE = 64 * 1024
# More is not read; the builder is then asked for more than was expected.
_LONGEST_FILE = 16 << 20
# A bracket that cannot match a slash; what it means is the same to Python.
_BRACKET = r"\[(?:[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9_])+\]"
# Without these, a pattern matches paths of as many names as it has itself.
_ANY_DEPTH = re.compile(r"\*\*|[\[\\{|^]")
# With more, the time that the port takes grows beyond measure with the length of a path.
_STARS = re.compile(r"\*+")
_MOST_STARS = 3
_RANGE = re.compile("(.)-(.)")
_NOTHING = r"(?!)"
# A last segment from which the last name of a matching path can be told.
_PLAIN_NAME = re.compile(rf"(?:{_BRACKET}|[^\[\]\\])*", re.DOTALL)
# A pattern that the port reads as Go does.
_ORDINARY = re.compile(rf"(?:{_BRACKET}|[^\[\]\\^{{|}}\ufeff\ud800-\udfff])*", re.DOTALL)


class BadIgnorePattern(ValueError):
    """A pattern that BuildKit refuses, and with it the whole build."""

    def __init__(self, pattern: str) -> None:
        super().__init__(f"the ignore pattern '{pattern}' is not valid")
        self.pattern = pattern


def read_patterns(text: str) -> tuple[str, ...]:
    """The patterns of an ignore file: trimmed, cleaned, without comments and empty lines.

    Only a `#` in the first column begins a comment. A byte order mark is dropped. A line of more
    than 64 KiB raises `BadIgnorePattern`, as it would end the build.
    """
    patterns = []
    for line in text.removeprefix("\ufeff").split("\n"):
        if len(line) >= _LONGEST_LINE // 4 and len(os.fsencode(line)) >= _LONGEST_LINE:
            raise BadIgnorePattern(f"{line[:60]}…")
        pattern = line.strip(_SPACE)
        if not pattern or line.startswith("#"):
            continue
        if pattern.startswith("!"):
            patterns.append("!" + _clean(pattern[1:].strip(_SPACE)))
        else:
            patterns.append(_clean(pattern))
    return tuple(patterns)


def patterns_in_force(context: Path, dockerfile: Path | None = None) -> tuple[str, ...]:
    """Those of the ignore file beside the Dockerfile that is named after it, or of the context's.

    What cannot be read, or is refused, holds nothing back here: the builder will say so.
    """
    own = [dockerfile.with_name(f"{dockerfile.name}.dockerignore")] if dockerfile else []
    for path in (*own, context / ".dockerignore"):
        try:
            with path.open("rb") as file:
                text = file.read(_LONGEST_FILE)
        except FileNotFoundError:
            continue
        except OSError:
            return ()
        return patterns_of(text)
    return ()


def patterns_of(text: bytes) -> tuple[str, ...]:
    """Those of the content of an ignore file; none where the builder would refuse it."""
    try:
        found = read_patterns(os.fsdecode(text))
        IgnoreMatcher(found)
    except BadIgnorePattern:
        return ()
    return found


class IgnoreMatcher:
    """Answers for paths relative to the context, with forward slashes.

    `patterns` are those of `read_patterns`. A pattern that BuildKit refuses raises
    `BadIgnorePattern`. Answers are remembered per directory, not per file.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(patterns)
        read = _read(self.patterns)
        self._matcher, self._odd = _compile(read)
        self._directories: dict[str, _Directory] = {}
        self._rules = [_rule(pattern) for pattern in read]

    def ignores(self, path: str) -> bool:
        """Whether `path` (a file or a directory) is not sent."""
        if self._odd is not None:
            return self._odd.matches(path)
        if self._matcher is None:
            return False
        if "\n" in path:  # two stars in the middle of a pattern match no line feed
            return self._matcher.matches(path)
        above, _, name = path.rpartition("/")
        directory = self._directories.get(above)
        if directory is None:
            directory = self._directories[above] = self._directory(above)
        if not directory.may_differ(name):
            return directory.ignored
        if not directory.is_told_by_name:
            return self._matcher.matches(path)
        fitting = tuple([fits(name) is not None for fits in directory.shapes])
        answer = directory.answers.get(fitting)
        if answer is None:
            answer = directory.answers[fitting] = self._matcher.matches(path)
        return answer

    def may_skip_directory(self, path: str) -> bool:
        """Whether the directory and all that could be below it are not sent."""
        if not self._rules or not self.ignores(path):
            return False
        below = path + "/"
        return not any(rule.negated and rule.may_match_below(below) for rule in self._rules)

    def _directory(self, path: str) -> _Directory:
        """What is the same for all entries of a directory.

        The last matching pattern wins and what matches a directory matches all below it, so an
        entry of a sent directory needs a further plain pattern to be held back, and one of a
        directory that is held back needs a further negated one to be sent.
        """
        ignored = bool(path) and self.ignores(path)
        above = path + "/" if path else ""
        near = [rule for rule in self._rules if rule.reaches(above)]
        turning = "|".join([rule.shape for rule in near if rule.negated == ignored]) or _NOTHING
        return _Directory(
            ignored,
            re.compile(turning, re.DOTALL).fullmatch,
            [rule.fits for rule in near],
            all(rule.is_told_by_name for rule in near),
            {},
        )


class _Directory(NamedTuple):
    """A directory's own answer, and how those of its entries follow from their names.

    `may_differ` says no only for names that are answered like the directory. Where no pattern
    nearby is odd, names that fit the same `shapes` have the same answer.
    """

    ignored: bool
    may_differ: Callable[[str], object]
    shapes: list[Callable[[str], object]]
    is_told_by_name: bool
    answers: dict[tuple[bool, ...], bool]


class _Rule(NamedTuple):
    """A pattern, the literal text it begins with, and an expression for the last name it matches.

    Unless `is_told_by_name`, the expression fits any name.
    """

    negated: bool
    pattern: str
    start: str
    shape: str
    fits: Callable[[str], object]
    is_told_by_name: bool

    def reaches(self, above: str) -> bool:
        """Whether an entry of the directory `above` (with its slash) may match."""
        if self.start == self.pattern:
            return self.start.startswith(above) and "/" not in self.start[len(above) :]
        return above.startswith(self.start) or self.start.startswith(above)

    def may_match_below(self, above: str) -> bool:
        """Whether something below the directory `above` (with its slash) may match anew."""
        if self.start == self.pattern:
            return self.start.startswith(above)
        if _ANY_DEPTH.search(self.pattern) is None and self.pattern.count("/") < above.count("/"):
            return False
        return above.startswith(self.start) or self.start.startswith(above)


class _Pattern(NamedTuple):
    """A pattern as patternmatcher.New reads it. `given` is what stands in messages."""

    negated: bool
    text: str
    given: str

    @property
    def is_ordinary(self) -> bool:
        """Whether the port reads it as Go does."""
        text = self.text
        if (
            text.startswith(("/", "!", "#"))
            or text != text.strip()
            or posixpath.normpath(text) != text
        ):
            return False
        if _ORDINARY.fullmatch(text) is None or len(_STARS.findall(text)) > _MOST_STARS:
            return False
        ranges = [pair for found in re.findall(_BRACKET, text) for pair in _RANGE.findall(found)]
        return all(low <= high for low, high in ranges)


def _read(patterns: tuple[str, ...]) -> list[_Pattern]:
    read = []
    for given in patterns:
        # It is cleaned once more, this time with the exclamation mark in front of it.
        text = _clean_path(given.strip(_SPACE))
        if text == "!":
            raise BadIgnorePattern(given)
        if text:
            read.append(_Pattern(text.startswith("!"), text.removeprefix("!"), given))
    return read


def _rule(read: _Pattern) -> _Rule:
    negated, pattern, _ = read
    wildcard = _WILDCARD.search(pattern)
    start = pattern[: wildcard.start()] if wildcard else pattern
    segments = pattern.split("/")
    # `a**/b` matches `ab`: stars within a name eat the slash that follows.
    is_plain = not any("**" in segment and segment != "**" for segment in segments)
    is_told = is_plain and _PLAIN_NAME.fullmatch(segments[-1]) is not None
    shape = _shape(segments[-1]) if is_told else ".*"
    return _Rule(negated, pattern, start, shape, re.compile(shape, re.DOTALL).fullmatch, is_told)


def _shape(name: str) -> str:
    pieces = re.split(f"({_BRACKET})", name)
    pieces[::2] = [
        re.escape(piece).replace(r"\*", ".*").replace(r"\?", ".") for piece in pieces[::2]
    ]
    return "".join(pieces)


def _compile(patterns: list[_Pattern]) -> tuple[_Port | None, GoMatcher | None]:
    if not patterns:
        return None, None
    from buildkit_client.go_patterns import GoMatcher, Malformed, compile_pattern

    if all(pattern.is_ordinary for pattern in patterns):
        if not any(_WILDCARD.search(pattern.text) for pattern in patterns):
            # What builders ask for, and what most ignore files say.
            return GoMatcher([(each.negated, each.text.__eq__) for each in patterns]), None
        from e2b_dockerfile_utils import PatternMatcher  # slow to import, and few need it

        given = [f"!{pattern.text}" if pattern.negated else pattern.text for pattern in patterns]
        return PatternMatcher(given), None
    compiled = []
    for pattern in patterns:
        try:
            compiled.append((pattern.negated, compile_pattern(pattern.text)))
        except Malformed as error:
            raise BadIgnorePattern(pattern.given) from error
    return None, GoMatcher(compiled)


def _clean(pattern: str) -> str:
    cleaned = _clean_path(pattern)
    return cleaned[1:] if len(cleaned) > 1 and cleaned.startswith("/") else cleaned


def _clean_path(path: str) -> str:
    if not path:
        return path
    cleaned = posixpath.normpath(path)
    # POSIX gives two leading slashes a meaning, Go does not.
    return cleaned[1:] if cleaned.startswith("//") else cleaned
