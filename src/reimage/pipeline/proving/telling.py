"""A proof as a report tells it, and as it is kept for the next time."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from reimage.pipeline.proving.remembering import Figures, Remembered
from reimage.pipeline.proving.results import BuildReport, SideReport
from reimage.verify.smoke.judging import NOT_STARTED, Seen

if TYPE_CHECKING:
    from reimage.pipeline.proving.building import BuildBench, Built
    from reimage.rewriting import Outcome
    from reimage.verify.smoke.plan import SmokeTest

_NOT_RUN, _RAN, _NOTHING = range(3)
"""what a smoke test showed"""


def side(built: Built) -> SideReport:
    """A side of the report."""
    image = built.subject.image
    return SideReport(
        size=image.content_size,
        compressed_size=image.compressed_size,
        layers=len(image.layers),
        seconds=round(built.seconds, 3),
        steps=len(built.steps),
        cached_steps=built.cached_steps,
    )


def showing(test: SmokeTest, seen: Seen | None) -> int:
    """Whether there was anything to see, as a number that can be kept."""
    if seen is None:
        return _NOT_RUN
    return _NOTHING if seen.code == NOT_STARTED and not test.expects else _RAN


def described(test: SmokeTest, shown: int) -> str:
    """What was asked of both images, and whether there was anything to see."""
    if shown == _NOT_RUN:
        return "not run, as files and configuration are the same"
    if shown == _NOTHING:
        return f"it showed nothing, for the command of the original does not start ({_asked(test)})"
    return _asked(test)


def _asked(test: SmokeTest) -> str:
    asked = _asked_of_the_command(test)
    if test.structure:
        count = test.structure.count
        asked += f", and {count} structure test{'' if count == 1 else 's'}"
    return asked


def _asked_of_the_command(test: SmokeTest) -> str:
    if test.http:
        paths = ", ".join(f"{each.port}{each.path}" for each in test.http)
        return f"requests: {paths}"
    if test.run:
        return f"run: {shlex.join(test.run.args)}"
    return "the command stays up or ends as before, opens the same ports, and stays healthy"


def remembered(report: BuildReport, bench: BuildBench, whole: Outcome, shown: int) -> Remembered:
    """What is worth keeping of a proof in which all held."""
    images = [bench.original.subject.image, bench.built(whole).subject.image]
    return Remembered(
        digests=bench.digests(whole),
        layers=tuple(dict.fromkeys(layer.digest for image in images for layer in image.layers)),
        asked=shown,
        before=_figures(report.before),
        after=_figures(report.after),
        saved=report.saved,
        savings=report.savings,
    )


def recalled(
    known: Remembered, bench: BuildBench, whole: Outcome, test: SmokeTest, seconds: float
) -> BuildReport:
    """The report of a proof whose images were compared and run before."""
    sides = [
        SideReport(*figures, round(built.seconds, 3), len(built.steps), built.cached_steps)
        for figures, built in ((known.before, bench.original), (known.after, bench.built(whole)))
    ]
    return BuildReport(
        builder=bench.builder,
        smoke=f"{described(test, known.asked)} (as an earlier proof of the same images showed)",
        before=sides[0],
        after=sides[1],
        builds=bench.builds,
        seconds=seconds,
        saved=known.saved,
        savings=known.savings,
    )


def _figures(side: SideReport) -> Figures:
    return Figures(side.size, side.compressed_size, side.layers)
