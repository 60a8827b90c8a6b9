"""Platforms of images, and which image of several runs on one.

Source: the rules of github.com/containerd/platforms.
"""

from __future__ import annotations

import platform as machine
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from reimage.image.errors import NotAnImage

_ARCHITECTURES = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "i386": "386",
    "i686": "386",
    "aarch64": "arm64",
    "armhf": "arm",
    "armel": "arm",
    "armv7l": "arm",
}
_USUAL_VARIANT = {"arm": "v7", "arm64": "v8", "amd64": "v1"}


class Platform(NamedTuple):
    """Where an image runs, in the words of the OCI specification; of Windows the version counts."""

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in self[:3] if part)

    def serves(self, wanted: Platform) -> bool:
        """Whether an image for this platform runs on `wanted`."""
        return best([(self, True)], wanted) is not None


def read_platform(text: str) -> Platform | None:
    """`os/architecture[/variant]`; None for anything else."""
    parts = text.lower().split("/")
    if not 2 <= len(parts) <= 3 or not all(parts):
        return None
    return _usual(Platform(*parts))


def of_this_machine() -> Platform:
    """Linux, for that is what containers run on, with this machine's architecture."""
    name = machine.machine().lower()
    return Platform("linux", _ARCHITECTURES.get(name, name))


Choice = TypeVar("Choice")


def best(choices: Iterable[tuple[Platform | None, Choice]], wanted: Platform) -> Choice | None:
    """What runs on the wanted platform, the nearest variant first.

    An older variant of arm, or of amd64, runs on a newer one; 386 is not taken for amd64.
    """
    ranked = [
        (rank, number, choice)
        for number, (platform, choice) in enumerate(choices)
        if platform and (rank := _rank(_usual(platform), _usual(wanted))) is not None
    ]
    return min(ranked, key=lambda each: each[:2])[2] if ranked else None


def choose(offered: Sequence[Platform], wanted: Platform | None) -> int:
    """Which of `offered` to take: the one asked for, the only one, or this machine's.

    Raises NotAnImage, with those that there are.
    """
    if wanted is None and len(offered) == 1:
        return 0
    numbered = ((platform, number) for number, platform in enumerate(offered))
    found = best(numbered, wanted or of_this_machine())
    if found is not None:
        return found
    listed = ", ".join(map(str, offered)) or "none"
    if wanted:
        raise NotAnImage(f"The image is not there for {wanted}; there is: {listed}.")
    raise NotAnImage(f"The image is there for several platforms; choose one of: {listed}.")


def _rank(platform: Platform, wanted: Platform) -> int | None:
    """0 for the same, more for each older variant; None where it does not run."""
    if (platform.os, platform.architecture) != (wanted.os, wanted.architecture):
        return None
    if wanted.os_version and not platform.os_version.startswith(wanted.os_version):
        return None
    if platform.variant == wanted.variant:
        return 0
    has, needs = _number(platform.variant), _number(wanted.variant)
    return needs - has if has is not None and needs is not None and has < needs else None


def _number(variant: str) -> int | None:
    digits = variant.removeprefix("v")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 4 else None


def _usual(platform: Platform) -> Platform:
    architecture = platform.architecture.lower()
    variant = platform.variant.lower()
    if architecture == "armel" and not variant:
        variant = "v6"
    architecture = _ARCHITECTURES.get(architecture, architecture)
    variant = variant or _USUAL_VARIANT.get(architecture, "")
    variant = f"v{variant}" if variant.isdigit() else variant
    return Platform(platform.os.lower(), architecture, variant, platform.os_version)
