"""All steps of a build as they stand now, in the order in which they began."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from buildkit_client.status import Event, LogPiece, Step, Transfer, Warned
from reimage.report.building.log_text import Lines

#: `[2/4] …`, `[build 2/4] …`, `[linux/arm64 build 2/4] …`: what a Dockerfile's instructions become.
_OF_THE_DOCKERFILE = re.compile(r"\[(?:[^\]]* )?\d+/\d+\] ")
_TAIL = 20
_NOTICED_BYTES = 10_000
_NOTICED_SECONDS = 1.0


@dataclass
class Entry:
    """A line of progress: a step, or the steps of one group."""

    number: int
    name: str
    steps: dict[str, Step] = field(default_factory=dict)
    transfers: dict[str, Transfer] = field(default_factory=dict)
    tail: list[str] = field(default_factory=list)
    streams: dict[int, Lines] = field(default_factory=dict)
    #: Lines that were ended by the last event.
    fresh: list[str] = field(default_factory=list)
    #: When the run under way was first heard of, by this machine's clock.
    running_since: float | None = None
    #: When the step began first, by the builder's clock.
    began: float | None = None

    @property
    def is_running(self) -> bool:
        return any(step.is_running for step in self.steps.values())

    @property
    def is_done(self) -> bool:
        """Whether it ended and does not run again just now."""
        return any(step.completed is not None for step in self.steps.values()) and (
            not self.is_running
        )

    @property
    def cached(self) -> bool:
        return all(step.cached for step in self.steps.values())

    @property
    def error(self) -> str:
        return next((step.error for step in self.steps.values() if step.error), "")

    @property
    def of_the_dockerfile(self) -> bool:
        return _OF_THE_DOCKERFILE.match(self.name) is not None

    def seconds(self, now: float) -> float:
        """All intervals together; `now` is this machine's clock."""
        ended = sum(step.seconds for step in self.steps.values())
        return ended + (now - self.running_since if self.running_since is not None else 0.0)

    @property
    def bytes(self) -> tuple[int, int]:
        """Bytes that went over so far, and of how many (0: not known)."""
        parts = [part for part in self.transfers.values() if part.current or part.total]
        known = all(part.total for part in parts)
        return sum(part.current for part in parts), (
            sum(part.total for part in parts) if known else 0
        )

    @property
    def is_worth_telling(self) -> bool:
        """Whether to show it once it is over: a builder's own small steps are noise."""
        return bool(
            self.of_the_dockerfile
            or self.is_running
            or self.error
            or not self.name.startswith("[")
            or self.bytes[0] > _NOTICED_BYTES
            or self.seconds(0.0) > _NOTICED_SECONDS
        )

    def last_lines(self, count: int) -> list[str]:
        """The last lines that it printed, the one under way included."""
        partial = [text for lines in self.streams.values() if (text := lines.partial)]
        return [*self.tail, *partial][-count:] if count > 0 else []


class Board:
    """Reads the events of a build. Steps that never began are not shown."""

    def __init__(self) -> None:
        self._entries: Final[dict[str, Entry]] = {}
        self._keys: Final[dict[str, str]] = {}
        self.warnings: Final[list[Warned]] = []

    @property
    def entries(self) -> Sequence[Entry]:
        return tuple(self._entries.values())

    def take(self, event: Event, now: float) -> Entry | None:
        """The entry that an event belongs to, as it is after it."""
        if isinstance(event, Step):
            return self._take_step(event, now)
        entry = self._entries.get(self._keys.get(event.step, ""))
        match event:
            case Warned():
                self.warnings.append(event)
            case Transfer() if entry:
                entry.transfers[event.id] = event
            case LogPiece() if entry:
                entry.fresh = entry.streams.setdefault(event.stream, Lines()).add(event.data)
                entry.tail = [*entry.tail, *entry.fresh][-_TAIL:]
        return entry

    def _take_step(self, step: Step, now: float) -> Entry | None:
        if step.started is None and not step.cached:
            return None
        key = self._keys.setdefault(step.digest, step.group or step.digest)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = Entry(len(self._entries) + 1, step.name)
        entry.steps[step.digest] = step
        if entry.began is None:
            entry.began = step.started
        if not entry.is_running:
            entry.running_since = None
        elif entry.running_since is None:
            entry.running_since = now
        return entry
