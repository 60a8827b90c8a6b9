"""What a proof is asked for besides the claims."""

from __future__ import annotations

from typing import NamedTuple

from reimage.pipeline.images.budgets import Limits

#: In place of a file's name: the one that was changed last.
NEWEST = "newest"


class Wishes(NamedTuple):
    """`limits` are budgets of the image that comes out; `edit` names a file of the context whose
    change is to be built on both sides; with `each` every rewrite's part in the whole is measured;
    with `reproducible` the result is built twice."""

    limits: Limits = Limits()
    edit: str = ""
    each: bool = False
    reproducible: bool = False
