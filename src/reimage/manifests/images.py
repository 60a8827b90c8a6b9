"""The images that Compose files and Kubernetes manifests name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reimage.manifests.nodes import Node, Scalar, walk
from reimage.text import Span

_COMPOSE_NAME = re.compile(r"(?:docker-)?compose(?:[.-].+)?\.ya?ml")
_KUBERNETES_KEYS = [
    re.compile(rf"^[\"']?{key}[\"']?[ \t]*:", re.MULTILINE) for key in ("apiVersion", "kind")
]
_LISTS_OF_CONTAINERS = ("containers", "initContainers", "ephemeralContainers", "steps", "sidecars")
_CONTAINERS = ("container", "script")
_ENDS_WITH_DEFAULT = re.compile(
    r"(?P<before>[^$]*)\$\{(?P<name>\w+)(?P<operator>:?-)(?P<default>[^${}]*)\}"
)
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


def may_name_images(name: str, text: str) -> bool:
    """Whether a YAML file looks like one of those that are read here, at first sight."""
    if "image" not in text:
        return False
    return _is_compose_name(name) or all(key.search(text) for key in _KUBERNETES_KEYS)


def _is_compose_name(name: str) -> bool:
    return _COMPOSE_NAME.fullmatch(name.rpartition("/")[2]) is not None


def images_of(roots: Sequence[Node]) -> list[ImageValue | UnclearValue] | None:
    """The images, in order; None where the file is neither Compose nor Kubernetes.

    A service that is built has an image of its own, whose name is no reference to pin.
    """
    found: list[Node] = []
    known = False
    for root in roots:
        services = root.get("services")
        if root.get("apiVersion") and root.get("kind"):
            known = True
            found += _kubernetes(root)
        elif services and services.pairs is not None:  # a list of that name is GitLab's
            known = True
            found += _compose(services)
    if not known:
        return None
    elsewhere = _uses(walk(*roots)) - _uses(_definitions(roots)) - Counter(map(id, found))
    images = {id(node): node for node in found}
    values = [
        _value(node.scalar, only_here=not elsewhere[key])
        for key, node in images.items()
        if node.scalar
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


def _compose(services: Node) -> Iterator[Node]:
    for _, service in services.pairs or ():
        keys = _with_merged(service)
        if "image" in keys and "build" not in keys:
            yield keys["image"]


def _with_merged(node: Node) -> dict[str, Node]:
    """The keys of a mapping with those that it merges, which count less than its own."""
    keys: dict[str, Node] = {}
    waiting, seen = [node], set[int]()
    while waiting:
        table = waiting.pop(0)
        if id(table) not in seen:
            seen.add(id(table))
            for key, value in table.pairs or ():
                keys.setdefault(key, value)
                waiting += (
                    ([value] if value.pairs is not None else value.rows) if key == "<<" else []
                )
    return keys


def _kubernetes(root: Node) -> Iterator[Node]:
    """Of the containers, wherever a kind of object keeps its template of a pod."""
    for node in walk(root):
        for key, value in node.pairs or ():
            containers = value.rows if key in _LISTS_OF_CONTAINERS else []
            for container in [*containers, *([value] if key in _CONTAINERS else [])]:
                if image := _with_merged(container).get("image"):
                    yield image


def _value(scalar: Scalar, *, only_here: bool) -> ImageValue | UnclearValue:
    text = scalar.text
    if scalar.span is None:
        message = f"{text.strip()} is written over several lines or with escapes"
        return UnclearValue(message, scalar.line)
    if not only_here:
        message = f"{text} has an anchor that is also used for something that is no image"
        return UnclearValue(message, scalar.line)
    if "$" not in text:
        return ImageValue("", text, scalar.span, scalar.line)
    match = _ENDS_WITH_DEFAULT.fullmatch(text)
    if match is None:
        names = dict.fromkeys(each[1] or "$$" for each in _ANY_VARIABLE.finditer(text))
        listed = " and ".join(names) or "$"
        message = f"{text} is made of {listed}: a digest behind a variable would win over it"
        return UnclearValue(message, scalar.line)
    start = scalar.span.start
    span = Span(start + match.start("default"), start + match.end("default"))
    return ImageValue(match["before"], match["default"], span, scalar.line, match["name"])
