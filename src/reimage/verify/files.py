"""Differences of two file trees that no allowance covers, as sentences."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from reimage.image.trees.images import tree_difference
from reimage.verify.allowances import VARYING, matcher

if TYPE_CHECKING:
    from reimage.image.entries import Entry
    from reimage.image.trees.images import ImageDifference
    from reimage.image.trees.tree import Tree
    from reimage.verify.subjects import Subject

_MOST = 20
"""paths told by name"""
_varies = matcher(VARYING)


def files_between(before: Subject, after: Subject) -> ImageDifference:
    """What differs in the files, times aside."""
    return tree_difference(before.tree, after.tree)


def differing_paths(before: Subject, after: Subject) -> frozenset[str]:
    """Every path that one has and the other has not, or has otherwise."""
    found = files_between(before, after)
    gone = [entry.path for entry in (*found.added, *found.removed)]
    return frozenset([*gone, *(change.path for change in found.changed)])


def file_sentences(
    before: Subject, after: Subject, *, allowed: Callable[[str], object], noise: Collection[str]
) -> list[str]:
    """A sentence per difference, the first of them by name. `noise` are paths that differ between
    two builds of the original, too."""
    found = files_between(before, after)

    def counts(path: str) -> bool:
        return path not in noise and not allowed(path)

    told = [f"/{path} is new" for path in _counting(found.added, after.tree, counts)]
    told += [f"/{path} is gone" for path in _counting(found.removed, before.tree, counts)]
    told += [
        f"/{change.path} differs in {', '.join(change.what)}"
        for change in found.changed
        if counts(change.path) and not (change.what == ("content",) and _varies(change.path))
    ]
    more = len(told) - _MOST
    return told[:_MOST] + ([f"{more} more files differ"] if more > 0 else [])


def _counting(
    entries: Collection[Entry], tree: Tree, counts: Callable[[str], bool]
) -> Iterator[str]:
    """Those that count; a directory does not that holds nothing but what does not count."""
    counting = {entry.path for entry in entries if counts(entry.path)}
    full = {path for path in counting if tree.inside(path)}
    blamed: set[str] = set()
    for path in counting - full:
        while path and path not in blamed:
            blamed.add(path)
            path = path.rpartition("/")[0]
    return (entry.path for entry in entries if entry.path in counting and entry.path in blamed)
