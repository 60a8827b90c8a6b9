"""Which stages the recipes may have something to say about; told without loading them."""

from __future__ import annotations

from reimage.dockerfile import Add, Copy
from reimage.model.applications.references import official
from reimage.model.stages import Stage

_IMAGES = ("python", "node", "golang", "eclipse-temurin", "maven", "gcc", "rust", "ruby", "gradle")

_INSTALLERS = frozenset(("bundle", "cmake", "make", "meson", "ninja"))
"""What tells that a stage on plain Debian builds something."""


def is_known(stage: Stage) -> bool:
    """Whether the stage puts sources on an image that a recipe knows."""
    text = stage.from_.image.text if stage.from_.image else ""
    holds_sources = any(isinstance(each, Copy | Add) for each in stage.instructions)
    if not holds_sources:
        return False
    if official(stage.image or text, "debian"):
        return any(command.name in _INSTALLERS for run in stage.runs for command in run.commands)
    return official(stage.image or text, *_IMAGES) is not None
