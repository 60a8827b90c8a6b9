"""A tree of entries, each with the layer that it came with."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from typing import NamedTuple

from reimage.image.entries import Entry, Owner, join

_IMPLIED = Owner(stat.S_IFDIR | 0o755, 0, 0)
LINKS = 40
"""As many links Linux follows in one path."""


class Placed(NamedTuple):
    """An entry and the index of its layer."""

    layer: int
    entry: Entry


class Tree:
    """Directories, each with what is in it by name. The root is the directory "".

    Made by `merging`; read-only for everybody else.
    """

    __slots__ = ("_directories", "_origins", "root")

    def __init__(self) -> None:
        self._directories: dict[str, dict[str, Placed]] = {"": {}}
        self._origins: dict[tuple[int, str], Placed] = {}
        self.root: Placed | None = None
        """The entry of the root itself, where a layer has one."""

    def get(self, path: str) -> Placed | None:
        """What is at a path, no link followed; None for nothing, and for the root."""
        directory, _, name = path.rpartition("/")
        return self._directories.get(directory, {}).get(name)

    def inside(self, directory: str) -> dict[str, Placed]:
        """What is in a directory, by name. Not to be changed."""
        return self._directories.get(directory, {})

    def is_directory(self, path: str) -> bool:
        """Whether there is a directory at a path, no link followed."""
        return path in self._directories

    def __iter__(self) -> Iterator[Placed]:
        """Everything but the root, in no order to rely on."""
        for inside in self._directories.values():
            yield from inside.values()

    def __len__(self) -> int:
        return sum(map(len, self._directories.values()))

    def below(self, directory: str) -> Iterator[Placed]:
        """Everything in a directory, at any depth."""
        waiting = [directory]
        while waiting:
            here = waiting.pop()
            for name, placed in self._directories.get(here, {}).items():
                yield placed
                if placed.entry.is_directory:
                    waiting.append(join(here, name))

    def resolve(self, path: str, trail: list[str] | None = None) -> str | None:
        """The path that Linux would end up at in a container; None where there is nothing.

        Links are followed, absolute ones from the root of the image; `..` does not leave it. The
        links on the way are put into `trail`.
        """
        links = 0
        waiting = [part for part in reversed(path.split("/")) if part not in ("", ".")]
        here: list[str] = []
        while waiting:
            name = waiting.pop()
            if name == "..":
                here = here[:-1]
                continue
            placed = self._directories.get("/".join(here), {}).get(name)
            if placed is None:
                return None
            if not placed.entry.is_symlink:
                here.append(name)
                continue
            links += 1
            if links > LINKS:
                return None
            if trail is not None:
                trail.append(placed.entry.path)
            target = placed.entry.link
            if target.startswith("/"):
                here = []
            waiting += [part for part in reversed(target.split("/")) if part not in ("", ".")]
        return "/".join(here)

    def find(self, path: str) -> Placed | None:
        """What is at a path once all links are followed."""
        resolved = self.resolve(path)
        return self.get(resolved) if resolved else None

    def content(self, placed: Placed) -> Placed:
        """The entry with the content: of a hard link, what it is another name of."""
        if not placed.entry.is_hard_link:
            return placed
        return self._origins.get((placed.layer, placed.entry.path), placed)

    def put(self, placed: Placed) -> None:
        """For `merging` only: put an entry at its place, which takes what was there away."""
        entry = placed.entry
        if not entry.name:
            self.root = placed
            return
        inside = self._directories.get(entry.directory)
        if inside is None:
            inside = self._made(placed.layer, entry.directory)
        if entry.is_hard_link:
            self._remember_origin(placed)
        if entry.is_directory:
            self._directories.setdefault(entry.path, {})
        elif entry.name in inside and inside[entry.name].entry.is_directory:
            self.remove(entry.path)
        inside[entry.name] = placed

    def _remember_origin(self, placed: Placed) -> None:
        """Now, for a higher layer may take the other name away."""
        target = self.get(placed.entry.link)
        if target is not None:
            self._origins[placed.layer, placed.entry.path] = self.content(target)

    def _made(self, layer: int, directory: str) -> dict[str, Placed]:
        """A directory that no layer lists: engines make those that are missing."""
        above, _, name = directory.rpartition("/")
        entry = Entry(above, name, _IMPLIED, 0, 0)
        self.put(Placed(layer, entry))
        return self._directories[directory]

    def remove(self, path: str) -> list[Placed]:
        """For `merging` only: take away what is at a path and below it, and give it."""
        directory, _, name = path.rpartition("/")
        found = self._directories.get(directory, {}).pop(name, None)
        return [] if found is None else [found, *self.clear(path)]

    def clear(self, directory: str) -> list[Placed]:
        """For `merging` only: take away a directory, so that only its name may be left."""
        gone: list[Placed] = []
        waiting = [directory]
        while waiting:
            here = waiting.pop()
            inside = self._directories.pop(here, None)
            if inside is not None:
                gone += inside.values()
                waiting += [join(here, name) for name in inside]
        return gone
