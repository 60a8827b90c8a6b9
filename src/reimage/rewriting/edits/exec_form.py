"""The words of a shell command made a JSON array where they stand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from reimage.dockerfile import Instruction, Logical
from reimage.shell import Word
from reimage.text import Edit, Span, late

_IN_SINGLE_QUOTES = late(r"'[^']*'")


def as_json_array(
    instruction: Instruction, shell: Logical, words: Sequence[Word], begin: int
) -> tuple[Edit, ...] | str:
    """The edits that turn shell form into exec form, or why there are none.

    `words` stand in `shell` and all have a value; what is between the offset `begin` and the first
    of them goes. Blanks, continuations and comments between the words stay.
    """
    if any("\ud800" <= char <= "\udfff" for word in words for char in word.value or ""):
        return "it holds bytes that are not UTF-8, and JSON can't"
    edits = [Edit(Span(shell.start(begin), shell.start(words[0].span.start)), "[")]
    for word in words:
        edits += _json_string(shell, word)
        end = shell.end(word.span.end)
        edits.append(Edit(Span(end, end), "]" if word is words[-1] else ","))
    joined = tuple(_joined(edits))
    spans = [edit.span for edit in joined]
    if any(
        s.start < comment.start < s.end for s in spans for comment in instruction.inner_comments
    ):
        return "a comment stands where text has to change"
    return joined


def _json_string(shell: Logical, word: Word) -> Iterator[Edit]:
    """Of one string in single quotes, only the characters that JSON writes differently."""
    start, end = word.span
    written = _json(word.value or "")
    if written == word.text:
        return
    if not _IN_SINGLE_QUOTES.fullmatch(word.text):
        yield Edit(shell.span(start, end), written)
        return
    yield Edit(shell.span(start, start + 1), '"')
    for at, char in enumerate(word.text[1:-1], start + 1):
        if (escaped := _json(char)[1:-1]) != char:
            yield Edit(shell.span(at, at + 1), escaped)
    yield Edit(shell.span(end - 1, end), '"')


def _json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _joined(edits: Sequence[Edit]) -> Iterator[Edit]:
    """Edits in order, those that touch made one."""
    current, *others = edits
    for edit in others:
        if edit.span.start == current.span.end:
            current = Edit(Span(current.span.start, edit.span.end), current.text + edit.text)
        else:
            yield current
            current = edit
    yield current
