"""What an image stands on: the base of its last stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reimage.dockerfile import parse
from reimage.model import Facts

if TYPE_CHECKING:
    from reimage.model.stages import Stage

_NOTHING = "scratch"


def base_image(text: str) -> str | None:
    """The image that the last stage of a Dockerfile starts from, if that can be told."""
    return _lowest(Facts(parse(text).tree).stages[-1]).image


def foundation(text: str, target: str) -> str:
    """A Dockerfile that gives that image, and has no step; empty where there is none."""
    stages = Facts(parse(text).tree).stages
    wanted = [stage for stage in stages if target.lower() in (stage.name, str(stage.index))]
    lowest = _lowest((wanted if target and wanted else stages)[-1])
    if lowest.image == _NOTHING:
        return ""
    span = lowest.from_.span
    return text[: stages[0].from_.span.start] + text[span.start : span.end]


def _lowest(stage: Stage) -> Stage:
    while stage.base:
        stage = stage.base
    return stage
