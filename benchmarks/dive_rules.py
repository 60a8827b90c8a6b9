"""dive's rule for wasted files, applied to what reimage read, and what it counts otherwise.

The rule was found by running dive 0.13.1 on small images (docs/waste.md has them). A path is listed
when two layers or more have it as a leaf of their own tree: a file, a link, a whiteout, an empty
directory. Its bytes are those of all its copies; a whiteout stands for the files of the directory
that it takes away, and for nothing where it takes a file away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from reimage.image.entries import join
from reimage.image.trees.whiteouts import is_whiteout, removed_name
from reimage.image.waste.finding import wasted
from reimage.image.waste.kind import Facts

if TYPE_CHECKING:
    from reimage.image.anatomy import Image, Layer

HIDDEN = ("deleted", "replaced", "copied_up")
Copy = tuple[int, str]
"""Content: the index of a layer and a path in it."""


class Listed(NamedTuple):
    """A row of dive's list. `copies` are the contents with bytes that it adds up."""

    layers: int
    size: int
    copies: tuple[tuple[Copy, int], ...]


class Accounts(NamedTuple):
    """How dive's wasted bytes become those that reimage calls deleted, replaced or copied up."""

    dive: int
    seen: int
    """Copies that a container sees: dive counts them, reimage does not."""
    linked: int
    """Hidden under this name, but seen under another: dive counts them, reimage does not."""
    directories: int
    """In directories that were deleted as a whole: reimage counts them, dive does not."""
    displaced: int
    """Under a directory that became a file, or a file that became a directory: the same."""
    unexplained: int
    """The bytes of contents that only one of them counts, for no reason above."""
    reimage: int


def dives_list(image: Image) -> dict[str, Listed]:
    """Path, with a slash, → what dive's rule says of it."""
    found: dict[str, list[list[tuple[Copy, int]]]] = {}
    stacked: dict[str, tuple[Copy, int]] = {}
    below: dict[str, set[str]] = {}
    for layer in image.layers:
        leaves = _leaves(layer)
        for path, size in leaves.items():
            if size is None:
                gone = _below(path, below) if path in below else []
                copies = [stacked[name] for name in gone if name in stacked]
            else:
                copies = [((layer.index, path), size)] if size else []
            found.setdefault(path, []).append(copies)
        _stack(layer, leaves, stacked, below)
    listed = {}
    for path, every in found.items():
        if len(every) > 1:
            added = tuple(copy for some in every for copy in some)
            listed[f"/{path}"] = Listed(len(every), sum(size for _, size in added), added)
    return listed


def _leaves(layer: Layer) -> dict[str, int | None]:
    """Paths at the ends of a layer's own tree → bytes; None for a whiteout."""
    found: dict[str, int | None] = {}
    inner: set[str] = set()
    for entry in layer.entries:
        if entry.name.startswith(".wh..wh."):
            continue
        name = removed_name(entry) if is_whiteout(entry) else entry.name
        path = join(entry.directory, name or "")
        found[path] = None if is_whiteout(entry) else entry.size
        above = entry.directory
        while above and above not in inner:
            inner.add(above)
            above = above.rpartition("/")[0]
    return {path: size for path, size in found.items() if path and path not in inner}


def _below(path: str, below: dict[str, set[str]]) -> Iterator[str]:
    for name in below.get(path, ()):
        yield name
        yield from _below(name, below)


def _stack(
    layer: Layer,
    leaves: dict[str, int | None],
    stacked: dict[str, tuple[Copy, int]],
    below: dict[str, set[str]],
) -> None:
    """Put a layer on those before it."""
    for path, size in leaves.items():
        if size is None:
            for name in [path, *_below(path, below)]:
                stacked.pop(name, None)
            _forget(path, below)
    for path, size in leaves.items():
        if size is not None:
            stacked[path] = ((layer.index, path), size)
            child, above = path, path.rpartition("/")[0]
            while child:
                below.setdefault(above, set()).add(child)
                child, above = above, above.rpartition("/")[0]


def _forget(path: str, below: dict[str, set[str]]) -> None:
    for name in [path, *_below(path, below)]:
        below.pop(name, None)
    below.get(path.rpartition("/")[0], set()).discard(path)


def accounts(image: Image) -> Accounts:
    """Every content that only one of the two counts, with the reason."""
    theirs = [copy for listed in dives_list(image).values() for copy in listed.copies]
    ours = {(each.layer, each.path): each.size for each in wasted(image) if each.kind in HIDDEN}
    facts = Facts(image)
    top = {(placed.layer, placed.entry.path) for placed in facts.tree}
    alive = {(file.layer, file.entry.path) for file in map(facts.tree.content, facts.tree)}
    seen = linked = unexplained = 0
    for copy, size in theirs:
        if copy in top:
            seen += size
        elif copy in alive:
            linked += size
        elif copy not in ours:
            unexplained += size
    counted = {copy for copy, _ in theirs}
    only_ours = {copy: size for copy, size in ours.items() if copy not in counted}
    directories, displaced = _by_directory(image, only_ours)
    return Accounts(
        sum(size for _, size in theirs),
        seen,
        linked,
        directories,
        displaced,
        unexplained + sum(only_ours.values()) - directories - displaced,
        sum(ours.values()),
    )


def _by_directory(image: Image, only_ours: dict[Copy, int]) -> tuple[int, int]:
    """Bytes below a whiteout of a directory, and below or at what changed its type."""
    hidden = [set(_hiding(layer)) for layer in image.layers]
    others = [
        {entry.path: entry.is_directory for entry in layer.entries if not is_whiteout(entry)}
        for layer in image.layers
    ]
    directories = displaced = 0
    for (layer, path), size in only_ours.items():
        above = list(_above(path))
        higher = range(layer + 1, len(image.layers))
        if any(not hidden[index].isdisjoint(above) for index in higher):
            directories += size
        elif any(
            others[index].get(path, False)
            or any(others[index].get(name) is False for name in above)
            for index in higher
        ):
            displaced += size
    return directories, displaced


def _hiding(layer: Layer) -> Iterable[str]:
    """The directories that a layer empties or takes away."""
    for entry in layer.entries:
        if entry.name == ".wh..wh..opq":
            yield entry.directory
        elif name := removed_name(entry):
            yield join(entry.directory, name)


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path
