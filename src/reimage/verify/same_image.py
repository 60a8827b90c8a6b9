"""The claim `same-image`: root file system and configuration are equal, times aside."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from reimage.verify.allowances import NOT_REPEATED, matcher
from reimage.verify.configurations import same_configuration
from reimage.verify.files import file_sentences

if TYPE_CHECKING:
    from reimage.verify.subjects import Subject


def same_image(
    before: Subject,
    after: Subject,
    *,
    declared: Collection[str] = (),
    noise: Collection[str] = frozenset(),
) -> list[str]:
    """What differs, a sentence each. `declared` fields may; `noise` are paths that builds of the
    original alone do not repeat."""
    config = same_configuration(before.image.config, after.image.config, declared)
    allowed = matcher(NOT_REPEATED)
    return config + file_sentences(before, after, allowed=allowed, noise=noise)
