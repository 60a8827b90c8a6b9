"""A single stage on a slim image, cut in two of which the last is on a distroless one."""

from __future__ import annotations

from typing import NamedTuple

from reimage.dockerfile import parse
from reimage.model import Facts, Stage
from reimage.model.applications.application import Application
from reimage.model.applications.distroless import Replacement
from reimage.model.applications.recipes import application
from reimage.model.applications.started_elsewhere import by_number
from reimage.model.applications.steps import steps
from reimage.rewriting.edits.distroless_ending import ending, replacement
from reimage.rewriting.edits.final_stage import split_stage
from reimage.text import Edit, Span, apply_edits


class DistrolessSplit(NamedTuple):
    """The `image` of the final stage, the `edits` of the file, and what they assume."""

    image: str
    edits: tuple[Edit, ...]
    assumed: str


def split_to_distroless(facts: Facts, stage: Stage) -> DistrolessSplit | None:
    """The split where only a distroless image makes it worth while; None where it isn't, or can't
    be: the slim image that is there serves."""
    assert facts.context is not None
    found = application(stage, facts.context)
    known = steps(stage)
    if not isinstance(found, Application) or found.is_smaller or isinstance(known, str):
        return None
    if by_number(facts.context):
        return None
    source = facts.dockerfile.source
    *before, appended = split_stage(stage, found, known, source)
    between = apply_edits(source, [*before, appended])
    parsed = parse(between)
    if parsed.problems:
        return None
    split = facts.following(parsed.tree, facts.context)
    other = replacement(split, split.stages[-1])
    if not isinstance(other, Replacement):
        return None
    changes = ending(split, split.stages[-1], other)
    begin = len(between) - len(appended.text)
    if isinstance(changes, str) or any(each.span.start < begin for each in changes):
        return None
    shifted = [Edit(Span(e.span.start - begin, e.span.end - begin), e.text) for e in changes]
    text = apply_edits(appended.text, shifted)
    return DistrolessSplit(other.image, (*before, Edit(appended.span, text)), found.assumed or "")
