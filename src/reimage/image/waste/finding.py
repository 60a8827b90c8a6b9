"""All waste of an image, each byte once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reimage.image.waste.kind import Facts, Find, Kind
from reimage.image.waste.kinds import KINDS

if TYPE_CHECKING:
    from reimage.image.anatomy import Image


@dataclass(frozen=True, slots=True)
class Wasted:
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
    for kind in kinds:
        for find in kind.find(facts):
            made = _wasted(kind, find, facts)
            if made.size:
                found.setdefault(_key(find, facts), made)
    return tuple(sorted(found.values(), key=lambda each: (-each.size, each.path, each.layer)))


def _key(find: Find, facts: Facts) -> tuple[int, str]:
    content = facts.tree.content(find.placed)
    return content.layer, content.entry.path


def _wasted(kind: Kind, find: Find, facts: Facts) -> Wasted:
    content = facts.tree.content(find.placed)
    path = find.placed.entry.path
    return Wasted(kind.name, path, content.layer, content.entry.size, find.by, kind.cures)
