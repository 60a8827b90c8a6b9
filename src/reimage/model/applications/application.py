"""What a recipe says about an application: the parts that its final stage is made of."""

from __future__ import annotations

from typing import NamedTuple

from reimage.dockerfile import Add, Copy, Instruction
from reimage.text import Edit

ASSUMED = "that no package needs a program or library which only the full image has"
ASSUMED_OF_A_BUILT_IMAGE = "that no package needs a program which only the full image has"
"""The files of an image tell what they are linked to."""


class Addition(NamedTuple):
    """Lines that the build stage gets before `before`, or at its end where that is None; with
    `closely` directly behind what stands in front of it."""

    before: Instruction | None
    lines: tuple[str, ...]
    closely: bool = False


class Artifact(NamedTuple):
    """A path of the build stage that is copied to the same place, or `to` another one; `owner` as
    in `--chown`."""

    path: str
    owner: str | None = None
    to: str | None = None


class Application(NamedTuple):
    """How the final stage is made.

    `base` is what it is FROM. `packages` are the distribution's packages that it installs.
    `dependencies` are copied from the build stage and change seldom; `settings` are instructions
    that they call for. Then come the `sources`: COPYs of the build context that are written again,
    and `artifacts` of the build, and last the `program`, which each edit changes. `added` are lines
    and `edited` changes of the build stage, `replaced` changes of what moves to the final one.
    `pruning` is a RUN that takes what only a build needs out of a folder that is copied whole.
    `assumed` says in one clause what the text does not prove. `is_smaller` is whether `base` leaves
    something behind; where the application starts from `base` already, only another one would.
    """

    base: str
    packages: tuple[str, ...] = ()
    dependencies: tuple[Artifact, ...] = ()
    settings: tuple[str, ...] = ()
    sources: tuple[Copy | Add, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    program: Artifact | None = None
    added: tuple[Addition, ...] = ()
    replaced: tuple[Edit, ...] = ()
    edited: tuple[Edit, ...] = ()
    pruning: str | None = None
    assumed: str | None = None
    is_smaller: bool = True
