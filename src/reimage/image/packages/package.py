"""A package in an image, and the files of an image that packages are read from."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, NamedTuple

from reimage.image.entries import split

if TYPE_CHECKING:
    from reimage.image.contents import Contents
    from reimage.image.trees.tree import Placed, Tree

_LARGEST = 256 << 20


class Package(NamedTuple):
    """An installed package. `place` tells apart copies of one name, as npm has them."""

    manager: str
    name: str
    version: str
    size: int | None
    """Bytes when installed; None where nobody says."""
    place: str = ""
    files: tuple[str, ...] = ()
    """Paths below the root, as far as the manager keeps a list."""


class Files:
    """A merged tree, and the contents that were kept of it."""

    def __init__(self, tree: Tree, contents: Contents) -> None:
        self.tree = tree
        self._contents = contents

    def read(self, path: str) -> bytes | None:
        """The content at a path; None where there is none, or it was not kept."""
        placed = self.tree.find(path)
        return None if placed is None else self.read_placed(placed)

    def read_placed(self, placed: Placed) -> bytes | None:
        """The content of an entry."""
        entry = self.tree.content(placed).entry
        if entry not in self._contents or stat.S_ISLNK(entry.owner.mode):
            return None
        return self._contents.read(entry, _LARGEST)

    def text(self, path: str) -> str:
        """The same as text; empty where there is none."""
        return (self.read(path) or b"").decode("utf-8", "replace")

    def real_path(self, path: str) -> str:
        """Where a file is that a manager lists below a link (`/lib` is one to `/usr/lib`)."""
        directory, name = split(path.strip("/"))
        resolved = self.tree.resolve(directory)
        return path.strip("/") if resolved is None else f"{resolved}/{name}".lstrip("/")


def paragraphs(text: str) -> list[dict[str, str]]:
    """Fields of paragraphs in Debian's format; lines that go on are left out."""
    found: list[dict[str, str]] = []
    for paragraph in text.split("\n\n"):
        fields = {}
        for line in paragraph.split("\n"):
            name, colon, value = line.partition(":")
            if colon and not name[:1].isspace():
                fields[name] = value.strip()
        if fields:
            found.append(fields)
    return found
