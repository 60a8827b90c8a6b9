"""The facts of a build: read once, then only looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reimage.dockerfile import Dockerfile, Instruction
from reimage.model.configuration import Configuration, configurations
from reimage.model.context import ContextFacts
from reimage.model.images.facts import BaseImage, ImageFacts
from reimage.model.recollection import Recollection
from reimage.model.stages import Stage, read_stages
from reimage.text import kept

if TYPE_CHECKING:
    from reimage.image.systems import System


class Facts:
    """A Dockerfile, what follows from its text, and what is known around it.

    `context` is None when it is not known what the build context holds, `images` when nothing is
    known about images but their names.
    """

    def __init__(
        self,
        dockerfile: Dockerfile,
        context: ContextFacts | None = None,
        images: ImageFacts | None = None,
    ) -> None:
        self._recollection = Recollection()
        self.dockerfile = dockerfile
        self.context = context
        self.images = images

    def following(self, dockerfile: Dockerfile, context: ContextFacts | None) -> Facts:
        """The facts once the Dockerfile and the context were edited."""
        facts = Facts(dockerfile, context, self.images)
        if dockerfile.escape == self.dockerfile.escape:
            facts._recollection = self._recollection
        return facts

    @kept
    def stages(self) -> tuple[Stage, ...]:
        return read_stages(self.dockerfile, self._recollection)

    @kept
    def configurations(self) -> tuple[Configuration, ...]:
        """The image configuration that each stage makes."""
        return configurations(self.stages)

    @kept
    def shipping_stages(self) -> tuple[Stage, ...]:
        """The stages whose layers can be part of an image that is built."""
        return tuple(stage for stage in self.stages if stage.ships)

    def base_image(self, stage: Stage) -> BaseImage | None:
        """What a registry told about the image that the stage begins with, if one was asked."""
        image = _root(stage).image
        if not image or not self.images or not self.images.bases:
            return None
        from reimage.model.images.places import is_named
        from reimage.model.images.references import NoReference, parse_reference

        reference = parse_reference(image)
        if isinstance(reference, NoReference) or is_named(image, self.images.named_contexts):
            return None
        return self.images.bases.get(str(reference))

    def system(self, stage: Stage) -> System | None:
        """The system that the stage begins with: as a registry told, else as the name tells."""
        image = _root(stage).image
        base = self.base_image(stage)
        if base and base.system:
            return base.system
        from reimage.model.images.official_images import known_system

        return known_system(image) if image else None

    @kept
    def _stage_by_instruction(self) -> dict[int, Stage]:
        return {
            id(instruction): stage
            for stage in self.stages
            for instruction in (stage.from_, *stage.instructions)
        }

    def stage_of(self, instruction: Instruction) -> Stage | None:
        """The stage an instruction belongs to, None for ARGs in front of the first FROM."""
        return self._stage_by_instruction.get(id(instruction))


def _root(stage: Stage) -> Stage:
    return [stage, *stage.ancestors][-1]
