"""The claim `same-files`: as `same-image`, but leftovers of the build may go."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from reimage.verify.allowances import LEFTOVERS, NOT_REPEATED, matcher
from reimage.verify.configurations import same_configuration
from reimage.verify.files import file_sentences

if TYPE_CHECKING:
    from reimage.verify.subjects import Subject


def same_files(
    before: Subject,
    after: Subject,
    *,
    declared: Collection[str] = (),
    noise: Collection[str] = frozenset(),
) -> list[str]:
    """What differs and is no leftover, a sentence each; otherwise as `same_image`."""
    config = same_configuration(before.image.config, after.image.config, declared)
    allowed = matcher(NOT_REPEATED, LEFTOVERS)
    return config + file_sentences(before, after, allowed=allowed, noise=noise)
