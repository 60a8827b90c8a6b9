"""Differences as people read them."""

from __future__ import annotations

from reimage.report.building.figures import size


def signed(count: int) -> str:
    """`+12 MB`, `-3.10 kB`, `±0`."""
    if not count:
        return "±0"
    return f"{'+' if count > 0 else '-'}{size(abs(count))}"


def percent(value: float | None) -> str:
    """`+3.2 %`; empty where there is none."""
    return "" if value is None else f"{value:+.1f} %"


def known_size(count: int | None) -> str:
    """A size that may be unknown."""
    return "?" if count is None else size(count)


def seconds_or_none(value: float | None) -> str:
    """`12.3s`, or a dash for what was not built."""
    from reimage.report.building.figures import seconds

    return "–" if value is None else seconds(value)


def share(part: int, whole: int) -> str:
    """`12 %`, or `0.4 %`."""
    value = 100 * part / whole if whole else 0.0
    return f"{value:.1f} %" if 0 < value < 10 else f"{value:.0f} %"
