"""Looks around a Dockerfile for files that say how it is built and what is started in it.

Compose files and bake files are looked for in its folder, in the build context, and in the folders
above as far as the repository goes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from reimage.files import FilesError, read
from reimage.model.uses import Use
from reimage.text import decode, late

if TYPE_CHECKING:
    from reimage.manifests.builds import Build

_LIMIT = 1 << 20
_LEVELS = 5
_ASKED_FOR = late(r"--target[= ]+[\"']?([\w.$@-]+)")


class UsesAround:
    """Those of `dockerfile`, built in the context `root`, of which `texts` are known."""

    def __init__(self, dockerfile: str, root: str, texts: Mapping[str, str]) -> None:
        self._dockerfile = dockerfile
        self._root = root
        self._texts = texts
        self._found: tuple[Use, ...] | None = None

    def all(self) -> tuple[Use, ...]:
        """Every use; read once."""
        if self._found is None:
            self._found = (*self._of_builds(), *self._of_scripts())
        return self._found

    def _of_builds(self) -> Iterator[Use]:
        for folder in dict.fromkeys((*_upwards(os.path.dirname(self._dockerfile)), self._root)):
            for name in _listed(folder):
                for build in _builds(os.path.join(folder, name)):
                    if self._is_meant(build, folder):
                        path = os.path.join(folder, name)
                        where = os.path.relpath(path, self._root).replace(os.sep, "/")
                        yield Use(f"{where}:{build.line}", *build[3:])

    def _is_meant(self, build: Build, folder: str) -> bool:
        """Whether it builds this Dockerfile; what is computed may be any."""
        if build.context is None or build.dockerfile is None:
            return True
        path = os.path.join(folder, build.context, build.dockerfile)
        return os.path.realpath(path) == self._dockerfile

    def _of_scripts(self) -> Iterator[Use]:
        for path, text in self._texts.items():
            if path.endswith(".sh") or path.lower().endswith("makefile"):
                for match in _ASKED_FOR.finditer(text):
                    line = text.count("\n", 0, match.start()) + 1
                    yield Use(f"{path}:{line}", None if "$" in match[1] else match[1])


def _upwards(folder: str) -> Iterator[str]:
    """The folder, and those above it up to the top of the repository."""
    above = [folder]
    while len(above) < _LEVELS and not os.path.lexists(os.path.join(above[-1], ".git")):
        parent = os.path.dirname(above[-1])
        if parent == above[-1]:
            break
        above.append(parent)
    is_repository = os.path.lexists(os.path.join(above[-1], ".git"))
    yield from above if is_repository else above[:1]


def _listed(folder: str) -> list[str]:
    # Most files are not asked about.
    from reimage.manifests.builds import may_build

    try:
        return sorted(filter(may_build, os.listdir(folder)))
    except OSError:  # it can't be looked at: nobody builds from there
        return []


def _builds(path: str) -> list[Build]:
    from reimage.manifests.builds import bake_builds, compose_builds, hcl_builds
    from reimage.manifests.errors import ManifestError
    from reimage.manifests.nodes import read_documents

    try:
        text = decode(read(path, limit=_LIMIT))
        if path.endswith(".hcl"):
            return list(hcl_builds(text))
        roots = read_documents(text)
    except (FilesError, ManifestError):  # whoever uses it hears of that from its own tool
        return []
    return list(bake_builds(roots) if path.endswith(".json") else compose_builds(roots))
