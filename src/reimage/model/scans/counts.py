"""How many known vulnerabilities an image has, and how many it may have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple


class Counts(NamedTuple):
    """A vulnerability in a package counts once, however often a report repeats it."""

    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0
    negligible: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        return sum(self)

    @property
    def severe(self) -> tuple[int, int]:
        """Those that decide between two images."""
        return (self.critical, self.high)

    def __str__(self) -> str:
        told = [f"{number} {name}" for name, number in zip(SEVERITIES, self, strict=True) if number]
        return f"{self.total} known {_noun(self.total)}" + (f" ({', '.join(told)})" if told else "")


SEVERITIES = Counts._fields
TOTAL = "total"
Limits = Mapping[str, int]
"""The most that an image may have, by severity or `total`."""


def _noun(number: int) -> str:
    return "vulnerability" if number == 1 else "vulnerabilities"


def counted(findings: Iterable[tuple[str, str, str]]) -> Counts:
    """Of findings as (identifier, package, severity); a word that is no severity is `unknown`."""
    worst: dict[tuple[str, str], str] = {}
    for identifier, package, severity in findings:
        name = severity.lower() if severity.lower() in SEVERITIES else "unknown"
        before = worst.setdefault((identifier, package), name)
        if SEVERITIES.index(name) < SEVERITIES.index(before):
            worst[identifier, package] = name
    found = list(worst.values())
    return Counts(*(found.count(name) for name in SEVERITIES))


def too_many(counts: Counts, limits: Limits) -> Iterator[str]:
    """Where an image has more than it may, as clauses that have the image as their subject."""
    numbers = {**counts._asdict(), TOTAL: counts.total}
    for name, most in limits.items():
        if numbers[name] > most:
            kind = "" if name == TOTAL else f"{name} "
            yield f"has {numbers[name]} {kind}{_noun(numbers[name])}, and {most} are allowed"
