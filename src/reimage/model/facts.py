"""The facts of a build: read once, then only looked at."""

from __future__ import annotations

from functools import cached_property

from reimage.dockerfile import Dockerfile, Instruction
from reimage.model.configuration import Configuration, configurations
from reimage.model.context import ContextFacts
from reimage.model.images.facts import ImageFacts
from reimage.model.stages import Stage, read_stages


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
        self.dockerfile = dockerfile
        self.context = context
        self.images = images

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        return read_stages(self.dockerfile)

    @cached_property
    def configurations(self) -> tuple[Configuration, ...]:
        """The image configuration that each stage makes."""
        return configurations(self.stages)

    @property
    def shipping_stages(self) -> tuple[Stage, ...]:
        """The stages whose layers can be part of an image that is built."""
        return tuple(stage for stage in self.stages if stage.ships)

    @cached_property
    def _stage_by_instruction(self) -> dict[int, Stage]:
        return {
            id(instruction): stage
            for stage in self.stages
            for instruction in (stage.from_, *stage.instructions)
        }

    def stage_of(self, instruction: Instruction) -> Stage | None:
        """The stage an instruction belongs to, None for ARGs in front of the first FROM."""
        return self._stage_by_instruction.get(id(instruction))
