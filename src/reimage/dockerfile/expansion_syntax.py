"""The grammar of a word: quotes, escapes and `$` references, read into parts.

Source: BuildKit frontend/dockerfile/shell/lex.go. What can't be read becomes a last part `Broken`;
the parts in front of it stand, because BuildKit expands them before it meets the error.
"""

import re
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple, TypeAlias

from reimage.text import Span, late

# Each level costs Python about seven frames; BuildKit has no limit, and no real file comes near.
DEEPEST_NESTING = 32
_NAME = late(r"\d+|[@*#?\-$!]|\w+")
_BLANKS_AFTER_HEREDOC = late(r"<(?:<[\t\r ]*)?")
_MISSING_BRACE = "syntax error: missing '}'"
_UNFINISHED = "unexpected end of statement while looking for matching "


class Literal(NamedTuple):
    """Text that stands for itself; blanks split words only where it is not `quoted`."""

    text: str
    quoted: bool


class Lookup(NamedTuple):
    """A reference to a variable. `operand` is where the text after the operator stands."""

    span: Span
    name: str
    operator: str
    operand: Span
    quoted: bool
    braced: bool
    word: "tuple[Part, ...]" = ()
    replacement: "tuple[Part, ...]" = ()


class Broken(NamedTuple):
    """Where reading ended, in BuildKit's words."""

    message: str


Part: TypeAlias = Literal | Lookup | Broken


@lru_cache(maxsize=32)
def _run_without(marks: str) -> re.Pattern[str]:
    return re.compile(f"[^{re.escape(marks)}]+")


def read_parts(
    source: str,
    escape: str,
    *,
    raw_quotes: bool = False,
    raw_escapes: bool = False,
    process_quotes: bool = True,
) -> list[Part]:
    """The parts of `source`; only the last one can be `Broken`."""
    return _Reader(source, escape, raw_quotes, process_quotes).until("", raw_escapes)


class _Reader:
    def __init__(self, source: str, escape: str, raw_quotes: bool, process_quotes: bool) -> None:
        self._source = source
        self._escape = escape
        self._raw_quotes = raw_quotes
        self._quotes = "'\"" if process_quotes else ""
        self._at = 0
        self._depth = 0

    def until(self, stop: str, raw_escapes: bool) -> list[Part]:
        """Parts up to and over `stop`, or up to the end where `stop` is empty."""
        run = _run_without("$<" + self._quotes + self._escape + stop)
        parts: list[Part] = []
        while self._at < len(self._source):
            if plain := run.match(self._source, self._at):
                self._at = plain.end()
                parts.append(Literal(plain.group(), quoted=False))
                continue
            if self._source[self._at] == stop:
                self._at += 1
                return parts
            parts += self._marked(raw_escapes)
            if _is_broken(parts):
                return parts
        if stop:
            parts.append(Broken(_UNFINISHED + stop))
        return parts

    def _marked(self, raw_escapes: bool) -> list[Part]:
        """What begins at a character that means something."""
        mark = self._source[self._at]
        if mark == "$":
            return self._reference(quoted=False)
        if mark == "<":
            return [self._heredoc_mark()]
        if mark == self._escape:
            return [self._escaped(raw_escapes)]
        return [self._single_quoted()] if mark == "'" else self._double_quoted(raw_escapes)

    def _heredoc_mark(self) -> Part:
        # BuildKit looks for heredocs in words, so the blanks of `<< EOF` belong to the word.
        mark = _BLANKS_AFTER_HEREDOC.match(self._source, self._at)
        assert mark is not None
        self._at = mark.end()
        return Literal(mark.group(), quoted=True)

    def _escaped(self, raw_escapes: bool) -> Part:
        escaped = self._source[self._at + 1 : self._at + 2]
        self._at += 1 + len(escaped)
        return Literal((self._escape if raw_escapes else "") + escaped, quoted=True)

    def _single_quoted(self) -> Part:
        opening = self._at
        closing = self._source.find("'", opening + 1)
        if closing < 0:
            self._at = len(self._source)
            return Broken(_UNFINISHED + "single-quote")
        self._at = closing + 1
        inner = 0 if self._raw_quotes else 1
        return Literal(self._source[opening + inner : self._at - inner], quoted=True)

    def _double_quoted(self, raw_escapes: bool) -> list[Part]:
        run = _run_without('"$' + self._escape)
        quote = Literal('"' if self._raw_quotes else "", quoted=True)
        parts: list[Part] = [quote]
        self._at += 1
        while self._at < len(self._source):
            if plain := run.match(self._source, self._at):
                self._at = plain.end()
                parts.append(Literal(plain.group(), quoted=True))
            elif self._source[self._at] == '"':
                self._at += 1
                return [*parts, quote]
            elif self._source[self._at] == "$":
                parts += self._reference(quoted=True)
                if _is_broken(parts):
                    return parts
            else:
                parts.append(self._escaped_in_double_quotes(raw_escapes))
        return [*parts, Broken(_UNFINISHED + "double-quote")]

    def _escaped_in_double_quotes(self, raw_escapes: bool) -> Part:
        """Only a quote, `$` and the escape character can be escaped here.

        In front of anything else the escape stands for itself, and with raw escapes BuildKit
        writes it twice.
        """
        kept = self._escape if raw_escapes else ""
        escaped = self._source[self._at + 1 : self._at + 2]
        if escaped and escaped in ('"', "$", self._escape):
            self._at += 2
            return Literal(kept + escaped, quoted=True)
        self._at += 1
        return Literal(kept + self._escape, quoted=True)

    def _reference(self, *, quoted: bool) -> list[Part]:
        start = self._at
        self._at += 1
        if not self._source.startswith("{", self._at):
            name = self._name()
            if not name:
                return [Literal("$", quoted)]
            nothing = Span(self._at, self._at)
            return [Lookup(Span(start, self._at), name, "", nothing, quoted, braced=False)]
        self._at += 1
        if self._at == len(self._source):
            return [Broken(_MISSING_BRACE)]
        if self._source[self._at] in "{}:":
            return [Broken("syntax error: bad substitution")]
        name = self._name()
        return self._operation(start, name, self._operator(), quoted=quoted)

    def _name(self) -> str:
        name = _NAME.match(self._source, self._at)
        if name is None:
            return ""
        text = name.group()
        if not text.isascii():
            text = "".join(takewhile(_in_name, text))
        self._at += len(text)
        return text

    def _operator(self) -> str:
        """`}` for none, empty at the end of the word; a doubled `#`, `%` or `/` is one operator."""
        operator = self._source[self._at : self._at + 1]
        if operator == ":":
            operator = self._source[self._at : self._at + 2]
        elif operator and operator in "#%/" and self._source.startswith(operator * 2, self._at):
            operator *= 2
        self._at += len(operator)
        return operator

    def _operation(self, start: int, name: str, operator: str, *, quoted: bool) -> list[Part]:
        """The rest of `${name…}` from behind its operator."""
        if operator in ("", ":"):
            return [Broken(_MISSING_BRACE)]
        if operator == "}":
            nothing = Span(self._at - 1, self._at - 1)
            return [Lookup(Span(start, self._at), name, "", nothing, quoted, braced=True)]
        kind = operator[-1]
        # With a colon BuildKit reads on, keeps the reference if it may, and only then refuses.
        if kind in "#%" if operator[0] == ":" else kind not in "+-?#%/":
            return [Broken(unsupported(operator))]
        begin = self._at
        word: list[Part] = []
        replaces = operator[0] == "/"
        if replaces:
            word = self._nested("/", "syntax error: missing '/' in ${}", raw_escapes=True)
            if _is_broken(word):
                return word
        rest = self._nested("}", _MISSING_BRACE, raw_escapes=operator[0] in "#%/")
        if _is_broken(rest):
            return [*word, *rest]
        span, operand = Span(start, self._at), Span(begin, self._at - 1)
        first, second = (word, rest) if replaces else (rest, word)
        return [Lookup(span, name, operator, operand, quoted, True, tuple(first), tuple(second))]

    def _nested(self, stop: str, at_end: str, *, raw_escapes: bool) -> list[Part]:
        """Parts inside braces; `at_end` is the message where the word ends first."""
        if self._depth == DEEPEST_NESTING:
            return [Broken(f"references are nested more than {DEEPEST_NESTING} deep")]
        self._depth += 1
        parts = self.until(stop, raw_escapes)
        self._depth -= 1
        if _is_broken(parts) and self._at == len(self._source):
            parts[-1] = Broken(at_end)
        return parts


def _in_name(character: str) -> bool:
    """Go's letters and digits; `\\w` has numerals like `²` as well."""
    return character.isalpha() or character.isdecimal() or character == "_"


def unsupported(operator: str) -> str:
    """The message for an `operator` that BuildKit does not know."""
    return f"unsupported modifier ({operator}) in substitution"


def _is_broken(parts: list[Part]) -> bool:
    return bool(parts) and isinstance(parts[-1], Broken)
