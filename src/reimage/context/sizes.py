"""The sizes and modes of files, looked up when somebody asks: most questions are only about
names."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping


class Sizes(Mapping[str, int]):
    """Paths below `root` to sizes in bytes: a link's own size, 0 for a file that is gone.

    Asking ten thousand files for their size takes longer than listing them. A size is asked for
    once, so that it stays what it was.
    """

    def __init__(self, root: str, paths: Iterable[str]) -> None:
        self._root = root
        self._sizes: dict[str, int | None] = dict.fromkeys(paths)

    def __getitem__(self, path: str) -> int:
        size = self._sizes[path]
        if size is None:
            size = self._sizes[path] = self._look_up(path)
        return size

    def __iter__(self) -> Iterator[str]:
        return iter(self._sizes)

    def __len__(self) -> int:
        return len(self._sizes)

    def __contains__(self, path: object) -> bool:
        return path in self._sizes

    def _look_up(self, path: str) -> int:
        status = self._status(path)
        return status.st_size if status else 0

    def _status(self, path: str) -> os.stat_result | None:
        try:
            return os.lstat(os.path.join(self._root, path))
        except OSError:
            return None


class Modes(Sizes):
    """Paths below `root` to their permissions, 0 for a file that is gone."""

    def _look_up(self, path: str) -> int:
        status = self._status(path)
        return stat.S_IMODE(status.st_mode) if status else 0
