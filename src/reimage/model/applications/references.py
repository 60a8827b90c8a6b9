"""The parts of an image reference that choosing a sibling of the image needs."""

from __future__ import annotations

from typing import NamedTuple

from reimage.model.known_images import is_official
from reimage.text import late

_VERSION = late(r"\d+(?:\.\d+)*")
RELEASES = ("trixie", "bookworm", "bullseye", "buster")
"""The releases of Debian that tags of official images name, newest first."""


class Official(NamedTuple):
    """An official image: `python:3.12-slim-bookworm` has the variant `slim-bookworm`."""

    prefix: str
    name: str
    version: str
    variant: str

    @property
    def slim(self) -> bool:
        return "slim" in self.variant.split("-")

    @property
    def release(self) -> str | None:
        """The release of Debian that the tag names."""
        return next((each for each in RELEASES if each in self.variant.split("-")), None)

    @property
    def debian(self) -> bool:
        """Whether the tag is one of those made from Debian."""
        parts = [part for part in self.variant.split("-") if part]
        return all(part == "slim" or part in RELEASES for part in parts)

    @property
    def slim_sibling(self) -> str:
        """The slim image of the same version and release."""
        if self.release and self.name in ("debian", "node"):
            return self.with_variant(f"{self.release}-slim")
        return self.with_variant(f"slim-{self.release}" if self.release else "slim")

    def with_variant(self, variant: str) -> str:
        tag = "-".join(part for part in (self.version, variant) if part)
        return f"{self.prefix}{self.name}:{tag}" if tag else f"{self.prefix}{self.name}"


def official(reference: str, *names: str) -> Official | None:
    """The parts of a reference to one of these official images, None for another; a digest is left
    out."""
    if not is_official(reference, *names):
        return None
    path, _, tag = reference.partition("@")[0].partition(":")
    slash = path.rfind("/") + 1
    version, _, variant = tag.partition("-")
    if tag and not _VERSION.fullmatch(version):
        version, variant = "", tag
    return Official(path[:slash], path[slash:], version, variant)
