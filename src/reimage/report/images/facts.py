"""The figures of a comparison as a table that terminal, Markdown and page share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reimage.report.building.figures import size
from reimage.report.images.figures import known_size, percent, seconds_or_none, signed

if TYPE_CHECKING:
    from reimage.pipeline.images.comparison import CompareReport
    from reimage.pipeline.images.results import ImageReport


class Fact(NamedTuple):
    """A row: what it is, before, after, and the difference."""

    name: str
    before: str
    after: str
    change: str


def facts(report: CompareReport) -> list[Fact]:
    """Sizes, layers, waste, and the builds where there were any."""
    one, two, delta = report.before, report.after, report.delta
    packed = "" if delta.compressed_size is None else signed(delta.compressed_size)
    grown = f"{signed(delta.size)} {percent(delta.size_percent)}".strip()
    found = [
        Fact("size", size(one.size), size(two.size), grown if delta.size else "±0"),
        Fact(
            "compressed", known_size(one.compressed_size), known_size(two.compressed_size), packed
        ),
        Fact("wasted", size(one.wasted), size(two.wasted), signed(delta.wasted)),
        Fact(
            "layers",
            str(len(one.layers)),
            str(len(two.layers)),
            f"{delta.layers:+d}" if delta.layers else "±0",
        ),
    ]
    if one.build_seconds is not None or two.build_seconds is not None:
        times = seconds_or_none(one.build_seconds), seconds_or_none(two.build_seconds)
        found.append(Fact("build", *times, ""))
        found.append(Fact("steps cached", _cached(one), _cached(two), ""))
    if one.build_again_seconds is not None or two.build_again_seconds is not None:
        times = seconds_or_none(one.build_again_seconds), seconds_or_none(two.build_again_seconds)
        found.append(Fact("build again", *times, ""))
    if one.touched or two.touched:
        found.append(Fact("after edit", _rebuilt(one), _rebuilt(two), ""))
        found.append(Fact("push again", _again(one), _again(two), ""))
    return found


def _rebuilt(image: ImageReport) -> str:
    return seconds_or_none(image.touched.build_seconds if image.touched else None)


def _again(image: ImageReport) -> str:
    return known_size(image.touched.new_bytes) if image.touched else "–"


def _cached(image: ImageReport) -> str:
    return "–" if image.steps is None else f"{image.cached_steps} of {image.steps}"


def shown(value: object) -> str:
    """A value of the configuration on one line; nothing for none."""
    if value is None or value == () or value == "":
        return "(none)"
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return str(value)
