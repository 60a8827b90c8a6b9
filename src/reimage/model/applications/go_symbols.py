"""A Go program without its symbol table and debugging data, which nothing reads when it runs.

Stack traces and profiles have data of their own that stays (`go doc cmd/link`: -s, -w).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reimage.model.applications.steps import Step
from reimage.shell import Word
from reimage.text import Edit, Span

_FLAGS = "-s -w"
_FOR_A_DEBUGGER = ("-N", "-race", "-buildmode", "-linkshared", "-msan", "-asan")


def without_symbols(steps: Sequence[Step]) -> tuple[Edit, ...]:
    """What adds `-ldflags "-s -w"` to each `go build` and `go install` that leaves it open."""
    return tuple(_edits(steps))


def _edits(steps: Sequence[Step]) -> Iterator[Edit]:
    for step in steps:
        words = step.command.words
        values = [word.value or word.text for word in words]
        if values[:1] != ["go"] or len(words) < 2 or step.run.script is None:
            continue
        if values[1] not in ("build", "install") or "GOFLAGS" in step.run.state.env:
            continue
        if any(flag in value for value in values for flag in _FOR_A_DEBUGGER):
            continue
        edit = _in_flags(words, values)
        if edit:
            yield Edit(step.run.span(edit.span), edit.text)


def _in_flags(words: Sequence[Word], values: Sequence[str]) -> Edit | None:
    for at, value in enumerate(values):
        name, equals, flags = value.lstrip("-").partition("=")
        if name != "ldflags" or not value.startswith("-"):
            continue
        word = words[at] if equals else words[at + 1] if at + 1 < len(words) else None
        flags = flags if equals else values[at + 1] if word else ""
        bare = flags.strip("'\"").split()
        if word is None or {"-s", "-w"} & set(bare) or not bare or not bare[0].startswith("-"):
            return None
        return _added_to(word, equals)
    end = words[1].span.end
    return Edit(Span(end, end), f' -ldflags="{_FLAGS}"')


def _added_to(word: Word, equals: str) -> Edit | None:
    """The flags behind the opening quote; a word without quotes is left."""
    start = word.text.find("=") + 1 if equals else 0
    quote = word.text[start : start + 1]
    if equals and word.text[:1] in ("'", '"'):
        quote = word.text[:1]
    if quote not in ("'", '"'):
        return None
    at = word.span.start + start + (0 if equals and word.text[:1] in ("'", '"') else 1)
    return Edit(Span(at, at), f"{_FLAGS} ")
