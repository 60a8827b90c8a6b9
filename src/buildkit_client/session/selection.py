"""Which entries of a tree are sent: those that are asked for and not held back."""

from __future__ import annotations

import re
from collections.abc import Iterable

from buildkit_client.ignore import IgnoreMatcher

_WILDCARD = re.compile(r"[*?\[\]^\\]")


class Selection:
    """Patterns of what to send (none: all) and of what to hold back.

    Raises `buildkit_client.ignore.BadIgnorePattern` for a pattern that BuildKit refuses.
    """

    def __init__(self, includes: Iterable[str] = (), excludes: Iterable[str] = ()) -> None:
        self._includes = tuple(includes)
        self._included = IgnoreMatcher(self._includes)
        self._excluded = IgnoreMatcher(excludes)
        #: What is held back.
        self.excludes = self._excluded.patterns
        wanted = [pattern for pattern in self._includes if not pattern.startswith("!")]
        self._folders = [_without_trailing_stars(pattern) for pattern in wanted]
        self._only_folders = not any(map(_WILDCARD.search, self._folders))
        self._starts = list(map(_literal_start, wanted))

    def sends(self, path: str) -> bool:
        """Whether the entry at `path` (relative, with forward slashes) is sent."""
        if self._includes and not self._included.ignores(path):
            return False
        return not self._excluded.ignores(path)

    def enters(self, path: str) -> bool:
        """Whether something below the directory `path` may be sent."""
        if self._excluded.may_skip_directory(path):
            return False
        if not self._includes or self._included.ignores(path):
            return True
        below = path + "/"
        if self._only_folders:
            # So fsutil looks nowhere below `a/b` for `a/*/**`, of which it sees `a` (filter.go).
            return any(f"{folder}/".startswith(below) for folder in self._folders)
        return any(start.startswith(below) or below.startswith(start) for start in self._starts)


def _without_trailing_stars(pattern: str) -> str:
    return pattern.removesuffix("/**").removesuffix("/*")


def _literal_start(pattern: str) -> str:
    """The directories that every matching path begins with, and a slash; or nothing."""
    wildcard = _WILDCARD.search(pattern)
    if wildcard is None:
        return pattern + "/"
    folder, slash, _ = pattern[: wildcard.start()].rpartition("/")
    return folder + slash
