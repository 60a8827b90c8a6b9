"""What a pass must not change: the image configuration of every stage, undeclared."""

from __future__ import annotations

from collections.abc import Collection

from reimage.dockerfile import Run
from reimage.model import Facts


def undeclared_change(before: Facts, after: Facts, may_change: Collection[str]) -> str:
    """The first field that differs although nobody declared it, as a sentence; "" if none does."""
    if "Stages" in may_change or _settings(before) == _settings(after):
        return ""
    if [stage.name for stage in before.stages] != [stage.name for stage in after.stages]:
        return "the stages would differ"
    stages = zip(before.stages, before.configurations, after.configurations, strict=True)
    for stage, was, becomes in stages:
        for name in sorted(was.keys() | becomes.keys()):
            if name not in may_change and was.get(name) != becomes.get(name):
                where = stage.name or str(stage.index)
                return f"{name} of stage {where} would become {becomes.get(name)!r:.80}"
    return ""


def _settings(facts: Facts) -> list[str]:
    """Everything that decides about configuration: a RUN does not."""
    instructions = facts.dockerfile.instructions
    return [
        each.logical.text + "".join(heredoc.content for heredoc in each.heredocs)
        for each in instructions
        if not isinstance(each, Run)
    ]
