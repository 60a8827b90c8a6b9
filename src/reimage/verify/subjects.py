"""An image as the claims look at it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from reimage.image.closure.finding import Closure, closure
from reimage.image.trees.merging import merged

if TYPE_CHECKING:
    from reimage.image.anatomy import Image
    from reimage.image.contents import Contents
    from reimage.image.trees.tree import Tree


@dataclass(frozen=True)
class Subject:
    """An image that was read with `image.closure.finding.keep`, and what was put aside of it."""

    image: Image
    contents: Contents

    @cached_property
    def tree(self) -> Tree:
        """What a container sees."""
        return merged(self.image.layers)

    @cached_property
    def closure(self) -> Closure:
        """What its command needs."""
        return closure(self.image, self.contents)
