"""Heredocs of an instruction. Source: BuildKit frontend/dockerfile/parser/parser.go."""

from typing import NamedTuple

from reimage.dockerfile.expansion import expand
from reimage.text import Span, late

_OPENER = late(r"([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)\Z")


class Opener(NamedTuple):
    """`<<EOF` in an instruction, before its body is read. Offsets speak of the logical text."""

    name: str
    expands: bool
    strips_tabs: bool
    descriptor: int
    start: int
    end: int


class Heredoc(NamedTuple):
    """A heredoc. `body` holds whole lines; `end` is the terminator without its line ending.

    `expands`: variables in the body are replaced (the name was not quoted).
    `strips_tabs`: `<<-`, leading tabs of the body do not count.
    """

    name: str
    expands: bool
    strips_tabs: bool
    descriptor: int
    opener: Span
    body: Span
    end: Span
    content: str

    def moved(self, by: int) -> "Heredoc":
        return self._replace(
            opener=self.opener.moved(by), body=self.body.moved(by), end=self.end.moved(by)
        )


def find_openers(line: str) -> tuple[Opener, ...]:
    """The heredocs that the logical line of a RUN, COPY or ADD opens."""
    split = expand(line, {}, raw_quotes=True, raw_escapes=True, keep_unset=True)
    if split.error:
        return ()
    found: list[Opener] = []
    at = 0
    for word in split.words:
        start = line.find(word, at)
        if start < 0:
            continue
        at = start + len(word)
        if "<<" in word and (opener := read_opener(word, start)):
            found.append(opener)
    return tuple(found)


def read_opener(word: str, start: int = 0) -> Opener | None:
    """The heredoc that a word opens, None when it is an ordinary word."""
    match = _OPENER.match(word)
    if not match or not match[3]:
        return None
    plain = expand(match[3], {}).words
    raw = expand(match[3], {}, raw_quotes=True).words
    if len(plain) != 1 or len(raw) != 1:
        return None
    expands = _quotes(plain[0]) == _quotes(raw[0])
    descriptor = int(match[1][-9:] or 0)
    return Opener(plain[0], expands, bool(match[2]), descriptor, start, start + len(word))


def _quotes(text: str) -> int:
    return text.count("'") + text.count('"')
