"""What the arguments of several instructions have in common, and how they are read."""

from collections.abc import Iterable
from typing import NamedTuple

from reimage.dockerfile.logical import Logical
from reimage.dockerfile.words import BLANKS, Word, split_json
from reimage.text import Span


class KeyValue(NamedTuple):
    """`key=value` as written, quotes and references kept. `value` is None for a bare `ARG name`."""

    key: str
    value: str | None
    key_span: Span
    value_span: Span

    @property
    def span(self) -> Span:
        return Span(self.key_span.start, self.value_span.end)


class CommandLine(NamedTuple):
    """What RUN, CMD, ENTRYPOINT, SHELL or HEALTHCHECK CMD runs.

    Exactly one of `words` (exec form) and `shell` (shell form) is given.
    """

    words: tuple[Word, ...] | None
    shell: Logical | None

    @property
    def exec(self) -> tuple[str, ...] | None:
        return None if self.words is None else tuple(word.text for word in self.words)


def read_command_line(arguments: Logical) -> CommandLine:
    """Exec form where the arguments are a JSON array, shell form otherwise."""
    words = split_json(arguments)
    if isinstance(words, tuple):
        return CommandLine(words, None)
    return CommandLine(None, arguments)


def read_pairs(logical: Logical, offsets: Iterable[tuple[int, int]]) -> tuple[KeyValue, ...]:
    """The words of ENV, LABEL or ARG, each cut at its first `=`."""
    pairs: list[KeyValue] = []
    for start, end in offsets:
        key, equals, value = logical.text[start:end].partition("=")
        middle = start + len(key)
        key_span = logical.span(start, middle)
        if equals:
            pairs.append(KeyValue(key, value, key_span, logical.span(middle + 1, end)))
        else:
            pairs.append(KeyValue(key, None, key_span, Span(key_span.end, key_span.end)))
    return tuple(pairs)


def read_legacy_pair(arguments: Logical) -> tuple[KeyValue, ...]:
    """The one pair of `ENV key value`: all behind the key is its value."""
    match = BLANKS.search(arguments.text)
    if not match:
        return ()
    key, value = arguments.text[: match.start()], arguments.text[match.end() :]
    return (
        KeyValue(
            key,
            value,
            arguments.span(0, match.start()),
            arguments.span(match.end(), len(arguments.text)),
        ),
    )


def read_fields(text: str) -> dict[str, str]:
    """`key=value,key=value` of a flag such as `--mount`."""
    fields = (field.partition("=") for field in text.split(",") if field)
    return {key.strip().lower(): value for key, _, value in fields}
