"""Limits that an image has to keep, and the line that breaks one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from reimage.pipeline.errors import UsageError
from reimage.pipeline.images.comparison import BudgetReport

if TYPE_CHECKING:
    from reimage.pipeline.images.comparison import LineDifference
    from reimage.pipeline.images.results import ImageReport, RowReport

_UNITS = {"": 1, "b": 1} | {
    unit: base**power
    for power, letter in enumerate("kmgt", 1)
    for unit, base in ((letter, 1000), (f"{letter}b", 1000), (f"{letter}ib", 1024))
}
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?) ?([a-z]*)", re.IGNORECASE | re.ASCII)
_PERCENT = re.compile(r"(\d{1,6}(?:\.\d{1,6})?) ?%", re.ASCII)


class Amount(NamedTuple):
    """Bytes, or a share of something; `text` is as it was typed."""

    text: str
    bytes: int | None
    percent: float | None

    def of(self, whole: int) -> int:
        """In bytes."""
        if self.bytes is not None:
            return self.bytes
        return int(whole * (self.percent or 0.0) / 100)


class Limits(NamedTuple):
    """What was asked for; None where there is no limit."""

    size: Amount | None = None
    growth: Amount | None = None
    layers: int | None = None
    waste: Amount | None = None


def amount(option: str, text: str, *, share: bool) -> Amount:
    """`150MB`, `1.5 GiB`, and `5%` where a share makes sense. UsageError for anything else."""
    if (found := _PERCENT.fullmatch(text.strip())) and share:
        return Amount(text, None, float(found[1]))
    sized = _SIZE.fullmatch(text.strip())
    if sized is None or sized[2].lower() not in _UNITS:
        more = " or 5%" if share else ""
        raise UsageError(f"{option} takes a size such as 150MB{more}, not '{text}'.")
    return Amount(text, int(float(sized[1]) * _UNITS[sized[2].lower()]), None)


def budgets(
    limits: Limits, before: ImageReport, after: ImageReport, lines: Sequence[LineDifference]
) -> tuple[BudgetReport, ...]:
    """Each limit that was given, held or not."""
    grown = _grown_row(lines, after.rows)
    heaviest = max(after.rows, key=lambda it: it.added, default=None)
    found = []
    if limits.size:
        did = (grown, _GREW) if grown and after.size > before.size else (heaviest, _HEAVIEST)
        allowed = limits.size.of(after.size)
        found.append(_budget("max-size", limits.size.text, after.size, allowed, *did))
    if limits.growth:
        growth, allowed = after.size - before.size, limits.growth.of(before.size)
        found.append(_budget("max-growth", limits.growth.text, growth, allowed, grown, _GREW))
    if limits.layers is not None:
        row, text = _last_new(lines, after.rows), str(limits.layers)
        count = len(after.layers)
        found.append(_budget("max-layers", text, count, limits.layers, row, _LAST))
    if limits.waste:
        row = max(after.rows, key=lambda it: it.wasted, default=None)
        allowed = limits.waste.of(after.size)
        found.append(_budget("max-waste", limits.waste.text, after.wasted, allowed, row, _WASTES))
    return tuple(found)


_GREW = "the line that grew most is"
_HEAVIEST = "the line that holds most is"
_LAST = "the last line with a layer of its own is"
_WASTES = "the line that wastes most is"


def _grown_row(lines: Sequence[LineDifference], rows: Sequence[RowReport]) -> RowReport | None:
    """The row that grew most; None where none did."""
    grown = max(lines, key=lambda it: it.after - it.before, default=None)
    if grown and grown.after > grown.before:
        for row in rows:
            if (row.line, row.text) == (grown.after_line, grown.text):
                return row
    return None


def _last_new(lines: Iterable[LineDifference], rows: Sequence[RowReport]) -> RowReport | None:
    """The last row with a layer that is new; where none is, the last one with a layer."""
    new = {(it.after_line, it.text) for it in lines if it.before == 0}
    with_layers = [row for row in rows if row.layers]
    fresh = [row for row in with_layers if (row.line, row.text) in new]
    return next(reversed(fresh or with_layers), None)


def _budget(
    name: str, limit: str, actual: int, allowed: int, row: RowReport | None, blame: str
) -> BudgetReport:
    held = actual <= allowed
    told = None if held else row
    return BudgetReport(
        name=name,
        limit=limit,
        actual=actual,
        allowed=allowed,
        held=held,
        line=told.line if told else None,
        instruction=told.text if told else "",
        blame=blame if told else "",
        message="" if held else f"{_WHAT[name].format(actual)}, and --{name} is {limit}",
    )


_WHAT = {
    "max-size": "The files of the image have {:,} bytes",
    "max-growth": "The image grew by {:,} bytes",
    "max-layers": "The image has {} layers",
    "max-waste": "{:,} bytes of the image are waste",
}
