"""Paths that the builder asks to be followed through symbolic links.

It asks for `app` where a Dockerfile says COPY app; if that is a link, its target is wanted too.
Links are taken relative to the root of the tree and cannot lead out of it.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterable
from typing import Protocol

_WILDCARD = re.compile(r"(?<!\\)(?:\\\\)*[*?\[]")


class Links(Protocol):
    """What has to be known of a tree to follow paths in it."""

    def names(self, folder: str) -> list[str]:
        """Names in a directory ("" is the root); none if there is no such directory."""
        ...

    def target(self, path: str) -> str | None:
        """What a symbolic link says; None if `path` is none."""
        ...


def follow(tree: Links, paths: Iterable[str]) -> list[str]:
    """All paths to include so that each of `paths` is there; empty: everything."""
    resolved: set[str] = set()
    for path in paths:
        _follow(tree, path, resolved)
    found: list[str] = []
    for path in sorted(resolved):
        if path == ".":
            return []
        if not (found and path.startswith(found[-1] + "/")):
            found.append(path)
    return found


def _follow(tree: Links, path: str, resolved: set[str]) -> None:
    # Link by link, a path at a time: links may be many, and may go in circles.
    waiting = [path]
    while waiting:
        names = posixpath.normpath("/" + waiting.pop()).strip("/").split("/")
        current = ""
        for position, name in enumerate(names):
            current = posixpath.join(current, name)
            rest = names[position + 1 :]
            targets = _targets(tree, current)
            if targets is None and rest:
                continue
            key = current or "."
            if key in resolved:
                break
            resolved.add(key)
            if targets is not None:
                waiting += [posixpath.join(target, *rest) for target in targets]
                break


def _targets(tree: Links, path: str) -> list[str] | None:
    """Where the links at `path` (its last name may have wildcards) lead; None if there is none."""
    folder, name = posixpath.split(path)
    if not _WILDCARD.search(name):
        target = tree.target(path) if name else None
        return None if target is None else [posixpath.join("/", folder, target)]
    matching = fnmatch.filter(tree.names(folder), name.replace("[^", "[!"))
    found = [tree.target(posixpath.join(folder, entry)) for entry in matching]
    return [posixpath.join("/", folder, target) for target in found if target is not None] or None
