"""Layers put on one another, as the OCI specification says.

Whiteouts hide what is in lower layers, never what comes with them. A path through a symbolic link
of the same layer leads where the link says, for that is where unpacking it writes; a link of a
lower layer is not followed, but replaced by a directory: each layer is unpacked for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from reimage.image.entries import Entry, join
from reimage.image.trees.differing import Difference, differences
from reimage.image.trees.tree import LINKS, Placed, Tree
from reimage.image.trees.whiteouts import OPAQUE, is_whiteout, removed_name

if TYPE_CHECKING:
    from reimage.image.anatomy import Layer


class Changed(NamedTuple):
    """An entry that took the place of another one."""

    before: Placed
    after: Placed
    what: tuple[Difference, ...]
    """Nothing where the same was written again."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What one layer does to what is below it."""

    layer: int
    added: tuple[Placed, ...]
    changed: tuple[Changed, ...]
    """Directories that are only mentioned again are not among them."""
    removed: tuple[Placed, ...]
    """By whiteouts, or since a file is now where a directory was."""


def merged(layers: Iterable[Layer]) -> Tree:
    """What a container sees."""
    tree = Tree()
    for layer in layers:
        _Applied(tree, layer.index, layer.entries).all()
    return tree


def changes(layers: Iterable[Layer]) -> Iterator[Changes]:
    """What each layer changes, from the lowest."""
    return iter(merged_with_changes(layers)[1])


def merged_with_changes(layers: Iterable[Layer]) -> tuple[Tree, tuple[Changes, ...]]:
    """Both, for the work of one."""
    tree = Tree()
    return tree, tuple(_Applied(tree, layer.index, layer.entries).all() for layer in layers)


class _Applied:
    """One layer, put on a tree."""

    def __init__(self, tree: Tree, layer: int, entries: Iterable[Entry]) -> None:
        self._tree = tree
        self._layer = layer
        self._entries = entries
        self._before: dict[str, Placed] = {}
        self._removed: dict[str, Placed] = {}
        self._written: dict[str, Placed] = {}
        self._plain: set[str] = set()
        """Directories that are what their paths say: no link of this layer is on the way."""
        self._has_links = False

    def all(self) -> Changes:
        """Put it there."""
        files = []
        for entry in self._entries:
            if is_whiteout(entry):
                self._hide(entry)
            else:
                files.append(entry)
        for entry in files:
            self._put(entry)
        return self._changes()

    def _hide(self, entry: Entry) -> None:
        if entry.name == OPAQUE:
            kept = self._tree.inside(entry.directory)
            for name in list(kept):
                self._remove(join(entry.directory, name))
            return
        removed = removed_name(entry)
        if removed:
            self._remove(join(entry.directory, removed))

    def _remove(self, path: str) -> None:
        for gone in self._tree.remove(path):
            if gone.layer == self._layer:
                # Of the same layer: a directory that was taken to be there, or written twice.
                self._written.pop(gone.entry.path, None)
            else:
                self._removed[gone.entry.path] = gone

    def _put(self, entry: Entry) -> None:
        if self._has_links:
            entry = self._where_links_lead(entry)
        if entry.link and entry.is_symlink:
            self._has_links = True
            if entry.path in self._plain:
                self._plain.clear()
        path = entry.path
        placed = Placed(self._layer, entry)
        before = self._tree.inside(entry.directory).get(entry.name)
        if before is not None:
            if before.layer != self._layer:
                self._before[path] = before
            if before.entry.is_directory and not entry.is_directory:
                for below in list(self._tree.inside(path)):
                    self._remove(join(path, below))
        self._tree.put(placed)
        if path:
            self._written[path] = placed

    def _where_links_lead(self, entry: Entry) -> Entry:
        place = self._place(entry.directory)
        return entry if place == entry.directory else entry._replace(directory=place)

    def _place(self, directory: str) -> str:
        for _ in range(LINKS):
            link = self._first_link(directory)
            there = self._tree.resolve(link) if link else None
            if there is None:
                break
            directory = (there + directory[len(link) :]).lstrip("/")
        return directory

    def _first_link(self, directory: str) -> str:
        """The first link of this layer on the way; nothing where there is none."""
        unknown, at = [], directory
        while at and at not in self._plain:
            unknown.append(at)
            at = at.rpartition("/")[0]
        for path in reversed(unknown):
            found = self._tree.get(path)
            if found and found.layer == self._layer and found.entry.is_symlink:
                return path
            self._plain.add(path)
        return ""

    def _changes(self) -> Changes:
        if not self._before and not self._removed:
            return Changes(self._layer, tuple(self._written.values()), (), ())
        added, changed = [], []
        for path, placed in self._written.items():
            before = self._before.get(path) or self._removed.pop(path, None)
            if before is None:
                added.append(placed)
            else:
                what = differences(self._content(before), self._content(placed))
                if what or not placed.entry.is_directory:
                    changed.append(Changed(before, placed, what))
        return Changes(self._layer, tuple(added), tuple(changed), tuple(self._removed.values()))

    def _content(self, placed: Placed) -> Entry:
        return self._tree.content(placed).entry
