"""What a kind of waste is, and what it looks at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from reimage.image.trees.merging import Changes, merged_with_changes
from reimage.image.trees.tree import Placed, Tree

if TYPE_CHECKING:
    from reimage.image.anatomy import Image


class Find(NamedTuple):
    """Content that is waste: `entry` of `layer`, made so by the layer `by` where one did it."""

    placed: Placed
    by: int | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. The docstring of its module is its definition in the documentation."""

    name: str
    summary: str
    find: Callable[[Facts], Iterable[Find]]
    cures: tuple[str, ...] = ()
    """Names of transformations that would avoid it, the best first."""


class Facts:
    """An image as the kinds look at it; computed when asked for."""

    def __init__(self, image: Image) -> None:
        self.image = image

    @property
    def tree(self) -> Tree:
        """What a container sees."""
        return self._both[0]

    @property
    def changes(self) -> tuple[Changes, ...]:
        """What each layer changes."""
        return self._both[1]

    @cached_property
    def _both(self) -> tuple[Tree, tuple[Changes, ...]]:
        return merged_with_changes(self.image.layers)

    @cached_property
    def files(self) -> tuple[Placed, ...]:
        """Regular files with content that a container sees, each once however many names it has."""
        found: dict[tuple[int, str], Placed] = {}
        for placed in self.tree:
            if placed.entry.is_file:
                content = self.tree.content(placed)
                if content.entry.size:
                    found.setdefault((content.layer, content.entry.path), placed)
        return tuple(found.values())

    def is_alive(self, placed: Placed) -> bool:
        """Whether a container sees this very content, under whatever name."""
        return (placed.layer, placed.entry.path) in self._alive

    @cached_property
    def _alive(self) -> set[tuple[int, str]]:
        contents = (self.tree.content(placed) for placed in self.tree)
        return {(content.layer, content.entry.path) for content in contents}


def files_at(*patterns: str) -> Callable[[Facts], Iterator[Find]]:
    """Finds what a container sees at paths that match one of `patterns` from the root on."""
    whole = re.compile("|".join(f"(?:{pattern})" for pattern in patterns))

    def find(facts: Facts) -> Iterator[Find]:
        for placed in facts.files:
            if whole.match(placed.entry.path):
                yield Find(placed)

    return find
