"""Packages of npm, yarn and pnpm: folders in `node_modules`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reimage.image.errors import Damaged
from reimage.image.json_values import parse_object
from reimage.image.packages.package import Files, Package

if TYPE_CHECKING:
    from reimage.image.entries import Entry


def wanted(entry: Entry) -> bool:
    if entry.name != "package.json":
        return False
    above, _, _ = entry.directory.rpartition("/")
    if above.rpartition("/")[2].startswith("@"):
        above = above.rpartition("/")[0]
    return above == "node_modules" or above.endswith("/node_modules")


def read(files: Files) -> Iterator[Package]:
    for placed in files.tree:
        entry = placed.entry
        if not wanted(entry):
            continue
        try:
            found = parse_object(files.read_placed(placed) or b"", entry.path)
        except Damaged:
            continue  # a test's fixture, or a package that nobody can load
        own = tuple(_own(files, entry.directory))
        sizes = (files.tree.get(path) for path in own)
        size = sum(placed.entry.size for placed in sizes if placed)
        name, version = found.text("name"), found.text("version")
        yield Package("npm", name, version, size, entry.directory, own)


def _own(files: Files, directory: str) -> Iterator[str]:
    """Without the packages that it keeps for itself."""
    waiting = [directory]
    while waiting:
        here = waiting.pop()
        for name, placed in files.tree.inside(here).items():
            if not placed.entry.is_directory:
                yield f"{here}/{name}"
            elif name != "node_modules":
                waiting.append(f"{here}/{name}")
