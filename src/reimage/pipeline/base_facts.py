"""What registries tell about base images, for the transformations that can use it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from reimage.model.images.answers import Unresolved
from reimage.model.images.facts import BaseImage
from reimage.model.images.references import LATEST, Reference
from reimage.pipeline.config.registries import RegistryConfig
from reimage.pipeline.registries import RegistryOptions, open_registry

if TYPE_CHECKING:
    from reimage.registry.client import Registry

LOOK_INSIDE = 64 << 20
"""bytes of layers that are read where nothing else tells which programs an image has."""


class BaseFacts(NamedTuple):
    """By `str(Reference)`, and by `Reference.tagged` as `ImageFacts` has it, `notes` too."""

    bases: dict[str, BaseImage]
    versioned: dict[str, str]
    notes: tuple[str, ...] = ()


def ask_base_facts(
    images: Iterable[Reference], options: RegistryOptions, config: RegistryConfig
) -> BaseFacts:
    """The facts of each image; what a registry does not tell is left out.

    Raises UsageError for unusable settings.
    """
    wanted = list({str(image): image for image in images}.values())
    if not wanted:
        return BaseFacts({}, {})
    from reimage.registry.asking import at_once

    with open_registry(options, config) as registry:
        answers = at_once(registry, wanted, lambda image: one_base(registry, image))
        bases = {
            str(image): answer
            for image, answer in zip(wanted, answers, strict=True)
            if not isinstance(answer, Unresolved)
        }
        moving = [
            image
            for image in wanted
            if str(image) in bases and (image.tag or LATEST) == LATEST and not image.digest
        ]
        return BaseFacts(bases, _versioned(registry, moving, bases), registry.passed_over)


def one_base(registry: Registry, image: Reference) -> BaseImage:
    """The facts of one image. Its tag is resolved without fetching a manifest twice."""
    from reimage.registry.base_images import base_image

    pinned = image._replace(digest=registry.resolve(image))
    return base_image(registry, pinned, look_inside=LOOK_INSIDE)


def _versioned(
    registry: Registry, moving: list[Reference], bases: dict[str, BaseImage]
) -> dict[str, str]:
    from reimage.registry.errors import RegistryError
    from reimage.registry.versions import most_specific_tag

    found = {}
    for image in moving:
        try:
            tag = most_specific_tag(registry, image, bases[str(image)].env)
        except RegistryError:
            continue  # the transformation says that it was not told
        if tag:
            found[image.tagged] = tag
    return found
