"""The answer that each ecosystem gives, and finding files next to a manifest."""

import posixpath
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class InstallNeeds(NamedTuple):
    """What an install of the dependencies reads, and why that may not be all.

    `files` are relative to the context and hold the manifest itself; those that only a manifest
    names may not exist. `problem` is one sentence, without a final stop, saying why the sources
    must be there too; with None the files are enough.
    """

    files: tuple[str, ...] = ()
    problem: str | None = None


def inside(directory: str, name: str) -> str | None:
    """The path of `name` as seen from `directory`; None if it leads out of the context."""
    if name.startswith(("/", "~")):
        return None
    path = posixpath.normpath(posixpath.join(directory, name))
    return None if path == ".." or path.startswith("../") else path


def beside(texts: Mapping[str, str], directory: str, names: Iterable[str]) -> list[str]:
    """The paths of those `names` that are known to be in `directory`."""
    found = (inside(directory, name) for name in names)
    return [path for path in found if path is not None and path in texts]


def needs(files: Iterable[str], problem: str | None = None) -> InstallNeeds:
    """Needs with each file once, in the order given."""
    return InstallNeeds(tuple(dict.fromkeys(files)), problem)
