"""YAML as a tree of nodes that know their place in the text. The only file that knows PyYAML.

Nothing is written by the library: who wants to change a value edits its place in the text, so every
other byte stays. The tree is made of the parser's events, not by the library's own composer, which
a strange file can send out of the stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from reimage.manifests.errors import ManifestError
from reimage.text import Span

if TYPE_CHECKING:
    from yaml.events import Event, ScalarEvent

_TEMPLATE = re.compile(r"\{\{|\{%")
_DEEPEST = 200
_TOO_DEEP = "this YAML is nested too deeply to be read"
_BOM = "\ufeff"


class Scalar(NamedTuple):
    """A value. `span` is where its text stands, quotes left out; None where that is not what it
    reads as."""

    text: str
    span: Span | None
    line: int


@dataclass(slots=True, eq=False)
class Node:
    """A scalar, or a mapping with its `pairs`, or a sequence with its `rows`.

    Aliases of an anchor are the same node.
    """

    scalar: Scalar | None = None
    pairs: list[tuple[str, Node]] | None = None
    rows: list[Node] = field(default_factory=list)

    def get(self, key: str) -> Node | None:
        """The value of the key that comes first."""
        return next((value for name, value in self.pairs or () if name == key), None)

    @property
    def children(self) -> Iterator[Node]:
        yield from self.rows
        for _, value in self.pairs or ():
            yield value


def walk(*roots: Node) -> Iterator[Node]:
    """Each node below the roots, and these, once."""
    waiting, seen = list(roots), set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            waiting += node.children


def read_documents(text: str) -> list[Node]:
    """The roots of all documents. Raises ManifestError for what is no YAML."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    offset = len(_BOM) if text.startswith(_BOM) else 0
    builder = _Builder(text, offset)
    try:
        for event in yaml.parse(text[offset:], Loader=loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # What is missing at the end is missed behind the last line.
        line = min(mark.line, text.rstrip().count("\n")) + 1 if mark else 1
        if "nesting depth" in (error.problem or ""):  # newer versions of libyaml count, too
            raise ManifestError(_TOO_DEEP, line) from error
        template = " (it looks like a template)" if _TEMPLATE.search(text) else ""
        reason = error.problem or "it has no structure"
        raise ManifestError(f"this is not YAML: {reason}{template}", line) from error
    except (yaml.YAMLError, ValueError) as error:
        raise ManifestError("this is not YAML: it holds characters that YAML forbids") from error
    return builder.roots


class _Builder:
    """Makes nodes of events, without a stack of calls."""

    def __init__(self, text: str, offset: int) -> None:
        self.text = text
        self.offset = offset
        self.roots: list[Node] = []
        self._open: list[Node] = []
        self._keys: list[Node | None] = []
        """For each open node, the key whose value comes next."""
        self._anchors: dict[str, Node] = {}

    def take(self, event: Event) -> None:
        import yaml

        if isinstance(event, yaml.DocumentStartEvent):
            self._anchors = {}
        elif isinstance(event, yaml.AliasEvent):
            node = self._anchors.get(event.anchor or "")
            if node is None:
                message = f"this is not YAML: nothing is called {event.anchor}"
                raise ManifestError(message, _line(event))
            self._put(node)
        elif isinstance(event, yaml.ScalarEvent):
            self._put(self._named(event.anchor, Node(self._scalar(event))))
        elif isinstance(event, yaml.CollectionStartEvent):
            node = Node(pairs=[]) if isinstance(event, yaml.MappingStartEvent) else Node()
            self._begin(self._named(event.anchor, node), _line(event))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
            self._keys.pop()

    def _named(self, anchor: str | None, node: Node) -> Node:
        if anchor:
            self._anchors[anchor] = node
        return node

    def _begin(self, node: Node, line: int) -> None:
        self._put(node)
        if len(self._open) >= _DEEPEST:
            raise ManifestError(_TOO_DEEP, line)
        self._open.append(node)
        self._keys.append(None)

    def _put(self, node: Node) -> None:
        if not self._open:
            self.roots.append(node)
            return
        parent, key = self._open[-1], self._keys[-1]
        if parent.pairs is None:
            parent.rows.append(node)
        elif key is None:
            self._keys[-1] = node
        else:
            self._keys[-1] = None
            # A key that is no text names nothing that is looked for.
            parent.pairs.append((key.scalar.text if key.scalar else "", node))

    def _scalar(self, event: ScalarEvent) -> Scalar:
        # The marks hold an anchor and a tag as well.
        index = event.end_mark.index if event.end_mark else 0
        end = self.offset + index - (event.style in ("'", '"'))
        span = Span(end - len(event.value), end)
        # A block, an escape or a value over several lines is not written as it reads.
        written = span.start >= 0 and span.of(self.text) == event.value
        return Scalar(event.value, span if written else None, _line(event))


def _line(event: Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
