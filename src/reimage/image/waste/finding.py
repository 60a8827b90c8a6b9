"""All waste of an image, each byte once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from reimage.image.waste.kind import Facts, Find, Kind
from reimage.image.waste.kinds import KINDS

if TYPE_CHECKING:
    from reimage.image.anatomy import Image


class Wasted(NamedTuple):
    """Content in a layer that nobody needs."""

    kind: str
    path: str
    layer: int
    """Index of the layer that carries the bytes."""
    size: int
    hidden_by: int | None
    """Index of the layer that deleted or replaced it."""
    cures: tuple[str, ...]
    """Transformations that would avoid it, the best first."""


def wasted(image: Image, kinds: Iterable[Kind] = KINDS) -> tuple[Wasted, ...]:
    """The largest first. What is waste for several reasons counts for the first of `kinds`."""
    facts = Facts(image)
    found: dict[tuple[int, str], Wasted] = {}
    for kind, (placed, by) in _finds(facts, kinds):
        layer, entry = facts.tree.content(placed)
        key = layer, entry.path
        if entry.size and key not in found:
            path = placed.entry.path
            found[key] = Wasted(kind.name, path, layer, entry.size, by, kind.cures)
    return tuple(sorted(found.values(), key=lambda each: (-each.size, each.path, each.layer)))


def _finds(facts: Facts, kinds: Iterable[Kind]) -> Iterator[tuple[Kind, Find]]:
    for has_paths, some in groupby(kinds, lambda kind: bool(kind.paths)):
        if has_paths:
            yield from _at_paths(facts, {kind.name: kind for kind in some})
            continue
        for kind in some:
            for find in kind.find(facts) if kind.find else ():
                yield kind, find


def _at_paths(facts: Facts, kinds: dict[str, Kind]) -> Iterator[tuple[Kind, Find]]:
    """All at once, each path for the first kind that it fits."""
    patterns = (f"(?P<{kind.name}>{'|'.join(kind.paths)})" for kind in kinds.values())
    match = re.compile("|".join(patterns)).match
    for placed in facts.files:
        found = match(placed.entry.path)
        if found and found.lastgroup:
            yield kinds[found.lastgroup], Find(placed)
