"""Platforms of images, and which one to take where there are several."""

from __future__ import annotations

import platform as machine
import re
from typing import NamedTuple

from reimage.image.errors import NotAnImage

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
_USUAL_VARIANT = {"arm": "v7", "arm64": "v8"}


class Platform(NamedTuple):
    """Where an image runs, in the words of the OCI specification."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in self if part)

    def serves(self, wanted: Platform) -> bool:
        """Whether an image for this platform is one for `wanted`."""
        usual = _USUAL_VARIANT.get(self.architecture, "")
        mine, asked = self.variant or usual, wanted.variant or usual
        return self[:2] == wanted[:2] and mine == asked


def parse(text: str) -> Platform:
    """`linux/arm64/v8`. ValueError for anything else."""
    if not re.fullmatch(r"[a-z0-9_]+/[a-z0-9_]+(/[a-z0-9_.]+)?", text):
        raise ValueError(f"'{text}' is no platform; one is written like linux/arm64.")
    return Platform(*text.split("/"))


def of_this_machine() -> Platform:
    """Linux, for that is what containers run on, with this machine's architecture."""
    name = machine.machine().lower()
    return Platform("linux", _ARCHITECTURES.get(name, name))


def choose(offered: list[Platform], wanted: Platform | None) -> int:
    """Which of `offered` to take: the one asked for, the only one, or this machine's.

    Raises NotAnImage, with those that there are.
    """
    if wanted is None and len(offered) == 1:
        return 0
    for number, platform in enumerate(offered):
        if platform.serves(wanted or of_this_machine()):
            return number
    listed = ", ".join(map(str, offered)) or "none"
    if wanted:
        raise NotAnImage(f"The image is not there for {wanted}; there is: {listed}.")
    raise NotAnImage(f"The image is there for several platforms; choose one of: {listed}.")
