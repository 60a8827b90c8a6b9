"""Whether a build gives the same image twice, once the times of files are out of the way."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reimage.pipeline.proving.results import ReproducibleReport
from reimage.verify.files import differing_paths

if TYPE_CHECKING:
    from reimage.pipeline.proving.building import BuildBench, Built

_1980 = 315532800
"""seconds since 1970: no archive format knows an earlier time than this one's"""
_MOST = 100
"""paths told by name"""


def reproduced(bench: BuildBench, built: Built) -> ReproducibleReport:
    """Build twice without cache, one after the other: at the same time they would share steps."""
    epoch = _epoch()
    name = f"it with SOURCE_DATE_EPOCH={epoch}, without cache"
    one, two = (
        bench.again(built, f"{name}, {which}", stamped=True, no_cache=True, source_date_epoch=epoch)
        for which in ("first", "second")
    )
    layers = [[layer.digest for layer in each.subject.image.layers] for each in (one, two)]
    same = one.digest == two.digest if one.digest else layers[0] == layers[1]
    paths = [] if same else sorted(differing_paths(one.subject, two.subject))
    return ReproducibleReport(
        epoch=epoch,
        digests=(one.digest, two.digest),
        same=same,
        files=tuple(f"/{path}" for path in paths[:_MOST]),
        more_files=max(0, len(paths) - _MOST),
    )


def _epoch() -> int:
    told = os.environ.get("SOURCE_DATE_EPOCH", "")
    return int(told) if told.isascii() and told.isdecimal() else _1980
