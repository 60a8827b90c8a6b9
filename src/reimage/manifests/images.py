"""The images that YAML files name, and where a digest would be written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reimage.manifests.kinds import Named, named_images
from reimage.manifests.nodes import Node, Scalar, walk
from reimage.text import Span

_ENDS_WITH_DEFAULT = re.compile(
    r"(?P<before>[^$]*)\$\{(?P<name>\w+)(?P<operator>:?-)(?P<default>[^${}]*)\}"
)
_TEMPLATE = re.compile(r"\{\{|\{%|<%")
_ANY_VARIABLE = re.compile(r"\$\{?(\w+)|\$\$")


class ImageValue(NamedTuple):
    """An image: `written` stands at `span`, `before` is put in front of it."""

    before: str
    written: str
    span: Span
    line: int
    variable: str = ""

    @property
    def reference(self) -> str:
        return self.before + self.written


class UnclearValue(NamedTuple):
    """An image that can't be edited where it stands, and why."""

    message: str
    line: int


def images_of(roots: Sequence[Node], name: str = "") -> list[ImageValue | UnclearValue] | None:
    """The images, in order; None where the file is of no kind that is known."""
    named = named_images(name, roots)
    if named is None:
        return None
    found = {id(each.node): each for each in named}
    elsewhere = (
        _uses(walk(*roots)) - _uses(_definitions(roots)) - Counter(id(each.node) for each in named)
    )
    values = [
        _value(each, each.node.scalar, only_here=not elsewhere[key])
        for key, each in found.items()
        if each.node.scalar
    ]
    return sorted(values, key=lambda value: value.line)


def _uses(nodes: Iterator[Node]) -> Counter[int]:
    """How often each value is used, under its anchor or through an alias."""
    return Counter(id(child) for node in nodes for child in node.children if child.scalar)


def _definitions(roots: Sequence[Node]) -> Iterator[Node]:
    """`x-…` at the top, where Compose files keep what they name by aliases."""
    for root in roots:
        own = [(key, value) for key, value in root.pairs or () if key.startswith("x-")]
        yield Node(pairs=own)
        yield from walk(*(value for _, value in own))


def _value(named: Named, scalar: Scalar, *, only_here: bool) -> ImageValue | UnclearValue:
    if named.unclear:
        return UnclearValue(named.unclear, scalar.line)
    text = scalar.text.removeprefix(named.prefix)
    if scalar.span is None:
        message = f"{text.strip()} is written over several lines or with escapes"
        return UnclearValue(message, scalar.line)
    if not only_here:
        message = f"{text} has an anchor that is also used for something that is no image"
        return UnclearValue(message, scalar.line)
    if _TEMPLATE.search(text):
        message = f"{text} is filled in by a template, so only that knows the image"
        return UnclearValue(message, scalar.line)
    start = scalar.span.start + len(scalar.text) - len(text)
    if "$" not in text:
        return ImageValue(named.before, text, Span(start, scalar.span.end), scalar.line)
    match = _ENDS_WITH_DEFAULT.fullmatch(text) if named.defaults else None
    if match is None:
        names = dict.fromkeys(each[1] or "$$" for each in _ANY_VARIABLE.finditer(text))
        listed = " and ".join(names) or "$"
        message = f"{text} is made of {listed}: a digest behind a variable would win over it"
        return UnclearValue(message, scalar.line)
    span = Span(start + match.start("default"), start + match.end("default"))
    before = named.before + match["before"]
    return ImageValue(before, match["default"], span, scalar.line, match["name"])
