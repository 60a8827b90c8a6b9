"""From what a user names to the Dockerfiles that are meant."""

import fnmatch
import os
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from reimage.files.errors import FilesError
from reimage.files.walking import Kind, walk

# Other people's Dockerfiles, and copies of our own.
_NOT_OURS = frozenset((".git", ".hg", ".svn", "node_modules", ".venv", "venv", ".tox"))
_NAMES = re.compile(
    r"(?: (?:Dockerfile|Containerfile) (?:\..+)? | .+\.(?:[Dd]ockerfile|[Cc]ontainerfile) )",
    re.VERBOSE | re.DOTALL,
)
_LEFTOVERS = (".dockerignore", ".containerignore", ".orig", ".rej", ".bak", ".swp", "~")


class Found(NamedTuple):
    """The files in the order of the arguments, each once, and what is wrong with an argument."""

    files: tuple[str, ...]
    errors: tuple[FilesError, ...]


def find_dockerfiles(
    paths: Iterable[str | os.PathLike[str]], also: Callable[[str], bool] | None = None
) -> Found:
    """Expand files, directories (searched below) and patterns such as `**/Dockerfile`.

    A file that is named is taken whatever its name, and also when it is missing: reading it
    explains that best. In directories a Dockerfile is known by its name; `also` tells by its name
    (without directories) whether another file is meant too. Version control, `node_modules` and
    virtual environments are passed over.
    """

    def wanted(name: str) -> bool:
        return looks_like_a_dockerfile(name) or (also is not None and also(name))

    files: dict[str, str] = {}
    errors: list[FilesError] = []
    for path in [os.fspath(path) for path in paths]:
        try:
            for name in _expanded(path, wanted):
                files.setdefault(os.path.realpath(name), name)
        except FilesError as error:
            errors.append(error)
    return Found(tuple(files.values()), tuple(errors))


def looks_like_a_dockerfile(name: str) -> bool:
    """Whether a file of this name (without directories) is a Dockerfile by custom."""
    return not name.endswith(_LEFTOVERS) and _NAMES.fullmatch(name) is not None


def _expanded(path: str, wanted: Callable[[str], bool]) -> list[str]:
    if os.path.isdir(path):
        found = _below(path, lambda inner: wanted(inner.rpartition("/")[2]))
        if not found:
            raise FilesError(path, f"{path} holds no Dockerfile.")
        return found
    if os.path.lexists(path) or not re.search(r"[*?[]", path):
        return [path]
    base, matches = _pattern(path)
    found = _below(base, matches) if os.path.isdir(base) else []
    if not found:
        raise FilesError(path, f"No file matches {path}.")
    return found


def _below(root: str, wanted: Callable[[str], bool]) -> list[str]:
    def passed_over(inner: str) -> bool:
        return inner.rpartition("/")[2] in _NOT_OURS

    seen = walk(root, skip=passed_over)
    files = (entry.path for entry in seen.entries if entry.kind in (Kind.FILE, Kind.LINK))
    found = [inner for inner in sorted(files) if wanted(inner)]
    below = [_joined(root, inner) for inner in found]
    return [name for name in below if os.path.isfile(name)]


def _joined(root: str, inner: str) -> str:
    return inner if root == "." else os.path.join(root, inner)


def _pattern(path: str) -> tuple[str, Callable[[str], bool]]:
    """The directory to search and what a path below it must look like."""
    segments = path.split("/")
    literal = next(at for at, segment in enumerate(segments) if re.search(r"[*?[]", segment))
    base = "/".join(segments[:literal]) or ("/" if path.startswith("/") else ".")
    parts = [segment for segment in segments[literal:] if segment not in ("", ".")]

    def matches(inner: str) -> bool:
        return not inner.endswith(_LEFTOVERS) and _fits(inner.split("/"), parts)

    return base, matches


def _fits(names: list[str], parts: list[str]) -> bool:
    if not parts:
        return not names
    if parts[0] == "**":
        return any(_fits(names[at:], parts[1:]) for at in range(len(names) + 1))
    return bool(names) and fnmatch.fnmatchcase(names[0], parts[0]) and _fits(names[1:], parts[1:])
