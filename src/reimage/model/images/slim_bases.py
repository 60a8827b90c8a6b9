"""Whether the slim variant of an official image may do for a stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from reimage.dockerfile import Onbuild
from reimage.model.applications.references import official
from reimage.model.packages.package_names import package_names
from reimage.model.runs import RunFacts
from reimage.model.stages import Stage
from reimage.shell import Verb

_WITH_SLIM = ("debian", "node", "perl", "python", "ruby", "rust")
_ONLY_IN_FULL = frozenset(
    """
    autoconf automake bzip2 c++ cc curl dpkg-dev file fc-list g++ gcc git gpg hg imagemagick convert
    ld make mysql_config patch pg_config pkg-config sqlite3 ssh svn unzip wget xz
    """.split()
)
"""Programs of the full images, which are made from buildpack-deps, that the slim ones lack."""
_COMPILES = frozenset(
    ("pip", "pip3", "npm", "yarn", "pnpm", "gem", "bundle", "cargo", "poetry", "uv")
)
"""Installers that may have to compile; whether they do the text does not tell."""


class Slim(NamedTuple):
    """The slim `image`, and what is `assumed` of the build: a clause, or None for nothing."""

    image: str
    assumed: str | None


def slim_base(stage: Stage) -> Slim | str | None:
    """The slim image for a stage; a sentence where it would not do; None where there is none."""
    base = official(stage.image or "", *_WITH_SLIM)
    if base is None or not base.debian or base.slim or stage.windows:
        return None
    text = stage.from_.image.text if stage.from_.image else ""
    if text != stage.image:
        return "build arguments decide what it is"
    if "@" in text:
        return "it is pinned to a digest, and that of its slim variant is not known"
    if not base.version and not base.release:
        return "its tag names no version"
    if any(isinstance(each, Onbuild) for each in stage.instructions):
        return "ONBUILD is meant for the image that this one is the base of"
    installed: set[str] = set()
    assumed = None
    for run in stage.runs:
        if run.script is None or run.script.opaque:
            return "a RUN can't be read, so that it is not known which programs it needs"
        installed |= _installed(run)
        names = {name for each in run.commands if (name := each.unwrapped().name)}
        if lacking := sorted((names & _ONLY_IN_FULL) - installed):
            return f"it needs {lacking[0]}, which the slim image lacks"
        if names & _COMPILES:
            assumed = "that nothing is compiled, or fetched with git, while it is installed"
        elif names:
            assumed = assumed or "that no RUN needs a program of the full image"
    return Slim(base.slim_sibling, assumed)


def _installed(run: RunFacts) -> set[str]:
    return set(_names(run))


def _names(run: RunFacts) -> Iterator[str]:
    for operation in run.operations:
        if operation.verb is Verb.INSTALL:
            for word in operation.packages:
                for name in filter(None, package_names(run, word)):
                    yield name
                    if name == "build-essential":
                        yield from ("gcc", "g++", "cc", "c++", "ld", "make", "patch", "dpkg-dev")
