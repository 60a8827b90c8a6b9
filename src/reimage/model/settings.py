"""Settings that a stage writes down for all later calls of a program."""

from __future__ import annotations

import re

from reimage.model.stages import Stage


def is_set_in(stage: Stage, setting: re.Pattern[str]) -> bool:
    """Whether the stage, or one that it is FROM, mentions the setting; heredocs count."""
    return any(
        setting.search(text)
        for each in (stage, *stage.ancestors)
        for instruction in each.instructions
        for text in (instruction.logical.text, *(h.content for h in instruction.heredocs))
    )
