"""An image together with all that is known about how it came to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from reimage.image.layers import Reading
from reimage.image.limits import DEFAULT

if TYPE_CHECKING:
    from reimage.image.anatomy import Image
    from reimage.image.contents import Contents
    from reimage.image.entries import Entry


class BuildFigures(NamedTuple):
    """How long a build took, and how many of the Dockerfile's steps came from the cache."""

    seconds: float
    steps: int
    cached: int


class Touch(NamedTuple):
    """A build after one file was edited, and the bytes of layers that are new then."""

    path: str
    build: BuildFigures
    new_bytes: int | None


class Recipe(NamedTuple):
    """A Dockerfile that an image may have been made by. `target` as in docker build."""

    path: str
    text: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a command was asked about."""

    name: str
    image: Image
    contents: Contents | None = None
    recipe: Recipe | None = None
    built: BuildFigures | None = None
    touched: Touch | None = None
    again: BuildFigures | None = None
    """The same build once more, with all of it in the cache."""


def reading(contents: Contents | None = None, *keeps: Callable[[Entry, bytes], bool]) -> Reading:
    """How the image is read: everything hashed, and what one of `keeps` wants put aside."""
    if contents is None:
        return Reading(DEFAULT)
    return Reading(
        DEFAULT,
        contents=contents,
        keep=lambda entry, start: any(keep(entry, start) for keep in keeps),
    )
