"""Files of at least 4 KiB with the same content as another one that a container sees. The copy in
the lowest layer, and there the first by name, is not counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from reimage.image.waste.kind import Facts, Find, Kind

if TYPE_CHECKING:
    from reimage.image.trees.tree import Placed

_SMALLEST = 4096


def _find(facts: Facts) -> Iterator[Find]:
    alike: dict[bytes, list[Placed]] = defaultdict(list)
    for placed in facts.files:
        entry = facts.tree.content(placed).entry
        if entry.digest is not None and entry.size >= _SMALLEST:
            alike[entry.digest].append(placed)
    for copies in alike.values():
        _, *others = sorted(copies, key=lambda placed: (placed.layer, placed.entry.path))
        yield from map(Find, others)


KIND = Kind("duplicates", "the same content under several paths", _find)
