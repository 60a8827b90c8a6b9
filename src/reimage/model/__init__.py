"""Facts of a build, computed once and read-only. No IO: what only IO can tell is handed in."""

from reimage.model.configuration import Configuration, configuration
from reimage.model.context import ContextFacts
from reimage.model.facts import Facts
from reimage.model.images.facts import BaseImage, ImageFacts
from reimage.model.runs import RunFacts
from reimage.model.stages import Stage
from reimage.model.state import POSIX_SHELLS, State

__all__ = [
    "POSIX_SHELLS",
    "BaseImage",
    "Configuration",
    "ContextFacts",
    "Facts",
    "ImageFacts",
    "RunFacts",
    "Stage",
    "State",
    "configuration",
]
