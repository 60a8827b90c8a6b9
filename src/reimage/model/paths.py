"""Paths as a script writes them: variables kept by name, globs kept, joined to a directory."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache

from reimage.shell import Word
from reimage.text import late

UNKNOWN = "?"
"""Stands for a directory that the text does not tell."""

_REFERENCE = late(r"\$(?:\{(\w+)\}|([A-Za-z_]\w*))")
_NAMED = late(r"\$\{(\w+)\}")
_MORE_THAN_REFERENCES = late(r"[`'\\]|\$[^{A-Za-z_]|\$\{\w+[^\w}]|\$\{\W")
_GLOB = frozenset("*?[")
_ABSOLUTE = ("/", "~", "${", UNKNOWN)


def plain_text(word: Word) -> str | None:
    """The word without quotes, references written `${name}`; None for anything more involved."""
    if word.value is not None:
        return word.value
    if _MORE_THAN_REFERENCES.search(word.text):
        return None
    text = word.text.replace('"', "")
    return _REFERENCE.sub(lambda match: f"${{{match[1] or match[2]}}}", text)


def names_in(path: str) -> frozenset[str]:
    """The variables that a path of `plain_text` refers to."""
    return frozenset(_NAMED.findall(path)) if "$" in path else frozenset()


def filled_in(path: str, variables: Mapping[str, str]) -> str:
    """The path with the variables that are known."""
    if "$" not in path:
        return path
    return _NAMED.sub(lambda match: variables.get(match[1], match[0]), path)


def join(directory: str, path: str) -> str:
    """`path` seen from `directory`, without `.` and `..` where these can be resolved."""
    if not path.startswith(_ABSOLUTE):
        path = f"{directory}/{path}"
    return posixpath.normpath(path) if path else directory


def is_at_or_above(pattern: str, path: str) -> bool:
    """Whether `pattern`, which may hold globs, is `path` or one of the directories above it."""
    if pattern == path or pattern == "/":
        return True
    start, wanted = _read_pattern(pattern)
    if not path.startswith(start):
        return False
    if wanted is None:
        return True
    parts = path.split("/")
    return len(wanted) <= len(parts) and all(map(_matches, parts, wanted))


@lru_cache(maxsize=1024)
def _read_pattern(pattern: str) -> tuple[str, tuple[str, ...] | None]:
    """What a path below it begins with, and the names to match where globs are among them."""
    if _GLOB.isdisjoint(pattern):
        return f"{pattern}/", None
    at = min(found for found in map(pattern.find, _GLOB) if found >= 0)
    return pattern[: pattern.rfind("/", 0, at) + 1], tuple(pattern.split("/"))


def _matches(name: str, pattern: str) -> bool:
    if name == pattern:
        return True
    # A glob leaves out names that begin with a dot unless it says so.
    return fnmatchcase(name, pattern) and name.startswith(".") <= pattern.startswith(".")
