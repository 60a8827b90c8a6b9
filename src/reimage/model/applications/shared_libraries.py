"""The shared libraries that a program is linked to, found by the loader of the build stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from reimage.model.applications.application import Addition, Artifact
from reimage.model.applications.distroless import PACKAGES_IN_EVERY_IMAGE
from reimage.model.applications.entry import Entry
from reimage.model.applications.references import Official
from reimage.model.applications.steps import Step
from reimage.model.applications.system_packages import installed_packages, runtime_packages
from reimage.model.applications.without_shell import without_shell
from reimage.model.context import ContextFacts
from reimage.model.stages import Stage
from reimage.text import Edit

_THERE = "c|m|dl|rt|pthread|resolv|gcc_s|stdc[+][+])[.]so|^lib(ssl|crypto)[.]so[.]3"
STATIC = "gcr.io/distroless/static-debian12"
"""For programs that are linked to nothing: certificates, time zones and users."""
_ALWAYS = ("ca-certificates", "tzdata")
_RELEASES = {"12": "bookworm", "13": "trixie"}
_IMAGES = {"bookworm": "gcr.io/distroless/cc-debian12", "trixie": "gcr.io/distroless/cc-debian13"}


def image_for(base: Official) -> str | None:
    """The distroless image with glibc, libstdc++ and OpenSSL for programs that `base` compiles.

    A tag that names no release moves with Debian: the newest runs what was linked to an older one.
    None for a release that has no such image."""
    return _IMAGES.get(base.release or "trixie")


LIBRARIES = Artifact("/libraries/", to="/usr/lib/")
"""What `gathered` puts aside, where the loader looks without a cache."""


class Ground(NamedTuple):
    """What a linked program stands on: an `image`, with `packages` or with the libraries that
    `gathered` brings, and the edits with which it starts there."""

    image: str
    packages: tuple[str, ...]
    libraries: tuple[Artifact, ...]
    replaced: tuple[Edit, ...]


def ground(
    stage: Stage,
    steps: Sequence[Step],
    started: Entry,
    base: Official,
    context: ContextFacts,
    *,
    static: bool = False,
) -> Ground | str:
    """Where a program that the stage compiles can run; a sentence where that is not known.

    What a RUN calls is taken to be for the build. A package of a library comes as files, but where
    a shell or another package is needed."""
    if problem := asks_for_more(context):
        return problem
    installed = installed_packages(steps)
    if isinstance(installed, str):
        return installed
    called = {step.command.name for step in steps} - set(started.programs)
    rest = [each for each in installed if each not in called]
    other = runtime_packages([each for each in rest if not _is_library(each)], started.programs)
    if isinstance(other, str):
        return other
    other = tuple(each for each in other if each not in PACKAGES_IN_EVERY_IMAGE)
    plain = without_shell(stage, steps, started)
    bare = STATIC if static else _IMAGES.get(_release(base))
    if plain is not None and not other and bare:
        return Ground(bare, (), () if static else (LIBRARIES,), plain)
    if static:
        return Ground(f"debian:{base.release or 'bookworm'}-slim", (*_ALWAYS, *other), (), ())
    if not _is_told(base):
        return f"which release of Debian {stage.image} is made from decides about its C library"
    packages = runtime_packages([each for each in rest if _is_library(each)], ())
    if isinstance(packages, str):
        return packages
    packages = (*_ALWAYS, *packages, *other)
    return Ground(f"debian:{_release(base)}-slim", tuple(dict.fromkeys(packages)), (), ())


def asks_for_more(context: ContextFacts) -> str | None:
    """What the sources start or load that an image without it would not have."""
    found = context.compiled.facts() if context.compiled else None
    if found is None:
        return None
    if found.started:
        first = found.started[0]
        return f"{first.path}:{first.line} starts {first.program or 'a program'}"
    if found.opened:
        return f"{found.opened[0]} loads a library by its name"
    if found.unread:
        return f"{found.unread[0]} is too large to be looked through for programs that it starts"
    return None


def _is_library(package: str) -> bool:
    return package.endswith("-dev") or package.startswith("lib")


def _is_told(base: Official) -> bool:
    return base.release is not None or base.name == "debian" or base.version == "12"


def _release(base: Official) -> str:
    """A tag that names no release moves with Debian: the newest runs what was linked to an older
    one."""
    return base.release or (_RELEASES.get(base.version, "") if base.name == "debian" else "trixie")


def gathered(programs: str, scripts: bool = False) -> Addition:
    """A RUN at the end of the build stage that puts aside what the image lacks.

    `programs` are words of a shell, with `scripts` perhaps among them. A library that is not found
    ends the build."""
    asked = f"{{ ldd {programs} || true; }}" if scripts else f"ldd {programs}"
    return Addition(
        None,
        (
            "",
            "# The shared libraries that the image below lacks",
            "RUN mkdir /libraries \\",
            f"    && {asked} > /tmp/linked \\",
            f"    && awk '$2 == \"=>\" && $1 !~ /^lib({_THERE}/ {{ print $3 }}' /tmp/linked \\",
            "    | sort -u | xargs -r cp -pL -t /libraries",
        ),
    )
