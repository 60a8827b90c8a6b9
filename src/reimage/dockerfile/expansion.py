"""What a word of an instruction stands for: `$` references, quotes and escapes, as BuildKit does.

Source: BuildKit frontend/dockerfile/shell/lex.go. Nothing here raises on any word; what BuildKit
refuses comes back as `Expansion.error`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from reimage.dockerfile.expansion_patterns import (
    PatternError,
    replace_all,
    replace_first,
    trim_end,
    trim_start,
)
from reimage.dockerfile.expansion_syntax import (
    Broken,
    Literal,
    Lookup,
    Part,
    read_parts,
    unsupported,
)
from reimage.text import Span, late

# Linux takes no environment string longer than 128 KiB; a file whose variables double each other
# must not fill the memory.
LONGEST_EXPANSION = 1 << 20
_NOBODY: frozenset[str] = frozenset()

# The characters of Go's unicode.IsSpace; Python's own set has U+001C to U+001F as well.
_BLANK = late("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")


class Expansion(NamedTuple):
    """What a word stands for. With an `error`, `text` and `words` are empty."""

    text: str
    words: tuple[str, ...]
    used: frozenset[str]
    unset: frozenset[str]
    error: str | None


class Reference(NamedTuple):
    """`$name` or `${name…}` in a word; `text` is what stands behind the operator, as written."""

    span: Span
    name: str
    operator: str
    text: str


def expand(
    word: str,
    env: Mapping[str, str],
    *,
    escape: str = "\\",
    raw_quotes: bool = False,
    raw_escapes: bool = False,
    keep_unset: bool = False,
    process_quotes: bool = True,
) -> Expansion:
    """Expand `word` with the variables of `env`, whose names are case sensitive.

    `raw_quotes` and `raw_escapes` keep quotes and escapes in the text, `keep_unset` keeps
    references to variables that `env` has not, without `process_quotes` a quote is a character.
    """
    if word.isidentifier():
        return Expansion(word, (word,), _NOBODY, _NOBODY, None)
    marks = _marks(escape)
    if marks.search(word) is None:
        words = tuple(filter(None, _BLANK.split(word))) if _BLANK.search(word) else (word,)
        return Expansion(word, words if word else (), _NOBODY, _NOBODY, None)
    if process_quotes and not raw_quotes and word[0] in "'\"" and word[0] == word[-1]:
        inner = word[1:-1]
        if len(word) > 1 and marks.search(inner) is None:
            return Expansion(inner, (inner,) if inner else (), _NOBODY, _NOBODY, None)
    parts = read_parts(
        word,
        escape,
        raw_quotes=raw_quotes,
        raw_escapes=raw_escapes,
        process_quotes=process_quotes,
    )
    evaluation = _Evaluation(env, keep_unset)
    try:
        texts = [evaluation.value(part) for part in parts]
    except _RefusedError as refusal:
        return Expansion("", (), *evaluation.names(), str(refusal))
    return Expansion("".join(texts), _split(parts, texts), *evaluation.names(), None)


def references(word: str, *, escape: str = "\\") -> tuple[Reference, ...]:
    """The references in `word` outside single quotes, outer ones before those nested in them.

    Where BuildKit refuses the word, those in front of the error.
    """
    if "$" not in word:
        return ()
    return tuple(
        Reference(lookup.span, lookup.name, lookup.operator, lookup.operand.of(word))
        for lookup in _lookups(read_parts(word, escape))
    )


def _lookups(parts: Sequence[Part]) -> Iterator[Lookup]:
    for part in parts:
        if isinstance(part, Lookup):
            yield part
            yield from _lookups(part.word)
            yield from _lookups(part.replacement)


@lru_cache(maxsize=4)
def _marks(escape: str) -> re.Pattern[str]:
    return re.compile(f"[$'\"{re.escape(escape)}]|<<")


def _split(parts: Sequence[Part], texts: Sequence[str]) -> tuple[str, ...]:
    """Words between the blanks that were not quoted or escaped; an empty quote makes none."""
    words: list[str] = []
    current: list[str] = []
    for part, text in zip(parts, texts, strict=True):
        if isinstance(part, Broken) or part.quoted:
            current.append(text)
            continue
        head, *others = _BLANK.split(text)
        current.append(head)
        for other in others:
            words.append("".join(current))
            current = [other]
    words.append("".join(current))
    return tuple(filter(None, words))


class _RefusedError(Exception):
    """BuildKit refuses the word. Never leaves this file."""


class _Evaluation:
    def __init__(self, env: Mapping[str, str], keep_unset: bool) -> None:
        self._env = env
        self._keep_unset = keep_unset
        self._used: set[str] = set()
        self._unset: set[str] = set()
        self._room = LONGEST_EXPANSION

    def names(self) -> tuple[frozenset[str], frozenset[str]]:
        return frozenset(self._used), frozenset(self._unset)

    def value(self, part: Part) -> str:
        if isinstance(part, Literal):
            return part.text
        if isinstance(part, Broken):
            raise _RefusedError(part.message)
        word = "".join(map(self.value, part.word))
        replacement = "".join(map(self.value, part.replacement))
        value = self._env.get(part.name)
        (self._unset if value is None else self._used).add(part.name)
        if value is None and self._keep_unset:
            return _as_written(part, word, replacement)
        if part.operator[:1] in (":", "-", "+", "?"):
            return self._conditional(part, value, word)
        return self._taken(self._worked_on(part, value or "", word, replacement))

    def _taken(self, value: str) -> str:
        self._room -= len(value)
        if self._room < 0:
            raise _RefusedError(f"expands to more than {LONGEST_EXPANSION} characters")
        return value

    def _conditional(self, part: Lookup, value: str | None, word: str) -> str:
        missing = value is None or (part.operator[0] == ":" and not value)
        kind = part.operator[-1]
        if kind not in "-+?":
            raise _RefusedError(unsupported(part.operator))
        if kind == "+":
            return "" if missing else word
        if not missing:
            return self._taken(value or "")
        if kind == "-":
            return word
        state = "unset" if value is None else "empty"
        raise _RefusedError(f"{part.name}: {word or f'is not allowed to be {state}'}")

    def _worked_on(self, part: Lookup, value: str, word: str, replacement: str) -> str:
        operator = part.operator
        if not operator:
            return value
        if operator == "/":
            result = replace_first(value, word, replacement)
        elif operator == "//":
            result = replace_all(value, word, replacement, longest_result=self._room)
        else:
            # The second # or % may also come out of a variable; BuildKit looks after expanding.
            longest = len(operator) == 2 or word.startswith(operator)
            pattern = word[1:] if longest and len(operator) == 1 else word
            trim = trim_start if operator[0] == "#" else trim_end
            result = trim(value, pattern, longest=longest)
        if isinstance(result, PatternError):
            raise _RefusedError(result.message)
        return result


def _as_written(part: Lookup, word: str, replacement: str) -> str:
    if not part.braced:
        return f"${part.name}"
    tail = f"/{replacement}" if part.operator in ("/", "//") else ""
    return f"${{{part.name}{part.operator}{word}{tail}}}"
