"""What the image of a Dockerfile showed when it was built: else rewrites have to assume it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Loaded(NamedTuple):
    """A shared library that files of the application are linked to: its `path`, the `package` of
    the distribution that it came with, None where somebody built it, and one file that loads it."""

    path: str
    package: str | None
    by: str


class BuiltImage(NamedTuple):
    """The image of the Dockerfile as it was written.

    `loaded` is what the application's own files are linked to, and not the runtime's. `behind`
    tells of each `-dev` package that is installed which packages have the libraries it is for.
    """

    loaded: tuple[Loaded, ...] = ()
    behind: Mapping[str, tuple[str, ...]] = {}
