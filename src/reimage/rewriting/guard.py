"""What a pass must not change: the image configuration of every stage, undeclared."""

from __future__ import annotations

from collections.abc import Collection

from reimage.dockerfile import Run
from reimage.model import Facts


def undeclared_change(before: Facts, after: Facts, may_change: Collection[str]) -> str:
    """The first field that differs although nobody declared it, as a sentence; "" if none does."""
    if _settings(before) == _settings(after):
        return ""
    names = [stage.name for stage in before.stages]
    new_names = [stage.name for stage in after.stages]
    stages = list(zip(before.stages, before.configurations, after.configurations, strict=False))
    if names != new_names or len(before.stages) != len(after.stages):
        if "Stages" not in may_change:
            return "the stages would differ"
        if gone := [name for name in names if name and name not in new_names]:
            return f"the stage {gone[0]} would be gone"
        # Whatever the stages before it become, the last one is the image that is built.
        stages = [(before.stages[-1], before.configurations[-1], after.configurations[-1])]
    for stage, was, becomes in stages:
        for name in sorted(was.keys() | becomes.keys()):
            if name not in may_change and was.get(name) != becomes.get(name):
                where = stage.name or str(stage.index)
                return f"{name} of stage {where} would become {becomes.get(name)!r:.80}"
    return ""


def _settings(facts: Facts) -> list[tuple[str, list[str]]]:
    """Everything that decides about configuration: a RUN does not."""
    instructions = facts.dockerfile.instructions
    return [
        (each.logical.text, [heredoc.content for heredoc in each.heredocs])
        for each in instructions
        if not isinstance(each, Run)
    ]
