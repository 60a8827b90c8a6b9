"""The claim `same-behaviour`: files may differ, but what the entry command needs is whole, and the
configuration promises what it promised. That it answers the same is for a smoke test to show."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from reimage.verify.configurations import compatible_configuration

if TYPE_CHECKING:
    from reimage.verify.subjects import Subject


def same_behaviour(before: Subject, after: Subject, *, declared: Collection[str] = ()) -> list[str]:
    """What is missing or no longer promised, a sentence each."""
    config = compatible_configuration(before.image.config, after.image.config, declared)
    return config + missing_files(before, after)


def missing_files(before: Subject, after: Subject) -> list[str]:
    """What the command lacks now and did not lack before."""
    lacks = [missing for missing in after.closure.missing if not missing.optional]
    if not lacks:
        return []
    lacked = {missing.name for missing in before.closure.missing if not missing.optional}
    return [
        f"{missing.name} is missing, which {missing.by} needs"
        for missing in lacks
        if missing.name not in lacked
    ]
