"""What a kind of waste is, and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
    find: Callable[[Facts], Iterable[Find]] | None = None
    """How to find it, unless `paths` tell."""
    paths: tuple[str, ...] = ()
    """Patterns for the paths, from the root on, of what a container sees."""
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
        return tuple(self._files.values())

    def is_alive(self, placed: Placed) -> bool:
        """Whether a container sees this very content, under whatever name."""
        return (placed.layer, placed.entry.path) in self._files

    @cached_property
    def _files(self) -> dict[tuple[int, str], Placed]:
        found: dict[tuple[int, str], Placed] = {}
        for placed in self.tree:
            if placed.entry.is_file:
                content = self.tree.content(placed)
                if content.entry.size:
                    found.setdefault((content.layer, content.entry.path), placed)
        return found
