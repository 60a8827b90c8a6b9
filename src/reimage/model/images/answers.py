"""What registries said about tags, and what is to be done with it: plain data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple


class Resolved(NamedTuple):
    """What a tag stands for: the digest of an index where there is one, else of a manifest.

    `created` is when the image was made, None where that is not known or was not asked.
    """

    digest: str
    created: datetime | None = None


class Unresolved(NamedTuple):
    """Why the registry gave no digest, as words that fit behind a colon.

    `passing` says that it may give one when it is asked again later.
    """

    reason: str
    passing: bool = False


Answers = Mapping[str, Resolved | Unresolved]
"""By `Reference.tagged`."""

_NO_ANSWERS: Answers = {}


class Pinning(NamedTuple):
    """How to pin. With `update` a digest that the tag no longer stands for is replaced.

    With `made_before` an image made later, or at an unknown time, does not replace another.
    """

    answers: Answers = _NO_ANSWERS
    update: bool = False
    made_before: datetime | None = None
