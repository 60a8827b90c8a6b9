"""Mappings that grow step by step, each step a value of its own."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Versions(Mapping[str, Value], Generic[Value]):
    """A mapping that `with_item` extends by leaving it as it is and giving back the next version.

    All versions look into one history, so a file of n ENVs takes n steps and not n².
    """

    __slots__ = ("_history", "_time")

    def __init__(self, history: _History[Value] | None = None, time: int = 0) -> None:
        self._history: _History[Value] = _History() if history is None else history
        self._time = time

    def with_item(self, name: str, value: Value) -> Versions[Value]:
        """This mapping with one more item, or another value in place of the one there is."""
        history = self._history
        if history.time != self._time:
            # Somebody else went on from here already.
            history = _History()
            history.settings = {key: [(0, old)] for key, old in self.items()}
        history.time += 1
        history.settings.setdefault(name, []).append((history.time, value))
        return Versions(history, history.time)

    def __getitem__(self, name: str) -> Value:
        settings = self._history.settings[name]
        if settings[-1][0] <= self._time:
            return settings[-1][1]
        at = bisect_right(settings, self._time, key=itemgetter(0))
        if not at:
            raise KeyError(name)
        return settings[at - 1][1]

    def __iter__(self) -> Iterator[str]:
        for name, settings in self._history.settings.items():
            if settings[0][0] <= self._time:
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return repr(dict(self))


class _History(Generic[Value]):
    """What each name was set to, and when."""

    def __init__(self) -> None:
        self.time = 0
        self.settings: dict[str, list[tuple[int, Value]]] = {}
