"""How many requests a registry still allows, as its headers tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class RateLimit(NamedTuple):
    """`remaining` of `limit` requests; `window` is the seconds that they are for, 0 if unknown."""

    limit: int
    remaining: int
    window: int = 0

    def __str__(self) -> str:
        hours, minutes = self.window / 3600, self.window / 60
        spans = f" in {hours:g} h" if hours >= 1 else f" in {minutes:g} min" if minutes >= 1 else ""
        return f"{self.remaining} of {self.limit} requests left{spans}"


def read_rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """From `ratelimit-limit: 100;w=21600` and `ratelimit-remaining: 76;w=21600`."""
    limit, window = _read(headers.get("ratelimit-limit", ""))
    remaining, _ = _read(headers.get("ratelimit-remaining", ""))
    if limit is None or remaining is None:
        return None
    return RateLimit(limit, remaining, window)


def _read(value: str) -> tuple[int | None, int]:
    number, _, window = value.strip().partition(";w=")
    return _number(number), _number(window) or 0


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
