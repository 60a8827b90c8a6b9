"""Which instruction of a Dockerfile made which step of an image's history.

BuildKit writes one entry for every instruction of the stages that lead to the target, in their
order, after those of the base image. So they are the last ones; each is compared by its keyword.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from reimage.dockerfile import parse
from reimage.model.recollection import Recollection
from reimage.model.stages import read_stages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reimage.dockerfile import Dockerfile, Instruction
    from reimage.image.anatomy import Image, Layer
    from reimage.image.config import HistoryEntry
    from reimage.model.stages import Stage
    from reimage.pipeline.images.subjects import Recipe

_OLD_BUILDER = re.compile(r"/bin/sh -c #\(nop\)\s*")
_BLANKS = re.compile(r"\s+")
_ARGUMENTS = re.compile(r"^RUN \|\d+ .*?(?=/bin/(?:ba)?sh -)", re.DOTALL)
_SHELL = re.compile(r"^(?:RUN )?/bin/(?:ba)?sh -\w+ ")


class Step(NamedTuple):
    """An entry of the history with its layer; one of them may be missing."""

    entry: HistoryEntry | None
    layer: Layer | None


class Line(NamedTuple):
    """An instruction that made steps. Lines are 1-based."""

    first: int
    last: int
    text: str
    is_base: bool
    steps: tuple[Step, ...]


def steps_of(image: Image) -> list[Step]:
    """The whole history; only the layers where it does not fit them."""
    if not image.history or any(layer.history is None for layer in image.layers):
        return [Step(layer.history, layer) for layer in image.layers]
    layers = iter(image.layers)
    return [Step(entry, None if entry.empty else next(layers, None)) for entry in image.history]


def lines_of(recipe: Recipe, steps: Sequence[Step]) -> list[Line] | None:
    """The instructions of the stages that ship, with their steps; None if they do not fit."""
    dockerfile = parse(recipe.text).tree
    chain = _chain(dockerfile, recipe.target)
    if not chain:
        return None
    made = [each for stage in chain for each in stage.instructions]
    at = len(steps) - len(made)
    if at < 0 or any(
        step.entry is None or keyword(step.entry.created_by) != instruction.keyword
        for step, instruction in zip(steps[at:], made, strict=True)
    ):
        return None
    of_step = dict(zip(map(id, made), steps[at:], strict=True))
    lines = []
    for stage in chain:
        base = () if stage is not chain[0] else tuple(steps[:at])
        lines.append(_line(dockerfile, stage.from_, base))
        lines += [_line(dockerfile, each, (of_step[id(each)],)) for each in stage.instructions]
    return lines


def _chain(dockerfile: Dockerfile, target: str) -> list[Stage]:
    """The stages whose layers ship, the lowest first."""
    stages = read_stages(dockerfile, Recollection())
    if not stages:
        return []
    final: Stage | None = stages[-1]
    if target:
        named = (stage for stage in reversed(stages) if stage.name == target.lower())
        numbered = (stage for stage in stages if str(stage.index) == target)
        final = next(named, None) or next(numbered, None)
    return [] if final is None else [*reversed([*final.ancestors]), final]


def _line(dockerfile: Dockerfile, instruction: Instruction, steps: tuple[Step, ...]) -> Line:
    lines = dockerfile.lines
    return Line(
        lines.line(instruction.span.start),
        lines.line(max(instruction.span.start, instruction.span.end - 1)),
        _BLANKS.sub(" ", instruction.logical.text).strip(),
        instruction.keyword == "FROM",
        steps,
    )


def keyword(created_by: str) -> str:
    """The keyword of the instruction that wrote an entry, in the words of either builder."""
    text = created_by.strip()
    if old := _OLD_BUILDER.match(text):
        text = text[old.end() :]
    elif not re.match(r"[A-Z]+(\s|$)", text):
        return "RUN"
    return text.split(None, 1)[0].upper() if text else ""


def readable(created_by: str) -> str:
    """An entry much as it stood in the Dockerfile."""
    text = _BLANKS.sub(" ", created_by).removesuffix(" # buildkit").strip()
    if old := _OLD_BUILDER.match(text):
        return text[old.end() :].strip()
    text = _ARGUMENTS.sub("RUN ", text)
    return _SHELL.sub("RUN ", text)
