"""Reads source files one after the other, within limits, and finds places in them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from reimage.files import FilesError, read


class SourceBytes:
    """What `paths` below `root` hold. Those that are too large, too many, unreadable or gone are in
    `unread` once all were asked for."""

    def __init__(self, root: str, paths: Sequence[str], *, count: int, file: int, total: int):
        self._root = root
        self._paths = paths[:count]
        self._file = file
        self._left = total
        self.unread = list(paths[count:])

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        for path in self._paths:
            try:
                data = read(os.path.join(self._root, path), limit=min(self._file, self._left))
            except FilesError:
                self.unread.append(path)
                continue
            self._left -= len(data)
            yield path, data


def places(path: str, text: str, pattern: re.Pattern[str]) -> list[str]:
    """Where the pattern is found, as `path:line`."""
    found = (match.start() for match in pattern.finditer(text))
    return [f"{path}:{line_at(text, start)}" for start in found]


def line_at(text: str, start: int) -> int:
    """The line, from 1, of a place in a text."""
    return text.count("\n", 0, start) + 1
