"""What happens during a build, as events, and what is known of it so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from buildkit_client import messages

#: Seconds since 1970, by the builder's clock.
Time = float


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the build, as of now. The same `digest` comes again whenever something changes.

    A step may run several times: `seconds` is the sum over all of its runs that have ended. Steps
    with the same `group` are shown as one.
    """

    digest: str
    name: str
    inputs: tuple[str, ...]
    started: Time | None
    completed: Time | None
    seconds: float
    cached: bool
    error: str
    group: str

    @property
    def is_running(self) -> bool:
        """Whether it runs now."""
        return self.started is not None and self.completed is None

    @property
    def is_internal(self) -> bool:
        """Whether it is the builder's own, not one of the Dockerfile."""
        return self.name.startswith("[internal] ")


@dataclass(frozen=True, slots=True)
class Transfer:
    """A part of a step that counts bytes. `total` is 0 where it is not known."""

    step: str
    id: str
    current: int
    total: int
    started: Time | None
    completed: Time | None


@dataclass(frozen=True, slots=True)
class LogPiece:
    """A piece of what a step printed: not a line. `stream` is 1 or 2."""

    step: str
    stream: int
    data: bytes
    time: Time


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning, most often one of BuildKit's own checks of the Dockerfile.

    `lines` are ranges (first, last) of `filename`, from 1.
    """

    step: str
    short: str
    detail: tuple[str, ...]
    url: str
    filename: str
    lines: tuple[tuple[int, int], ...]


Event = Step | Transfer | LogPiece | Warned


class Progress:
    """Reads status messages into events, and remembers what they add up to."""

    def __init__(self) -> None:
        self._steps: dict[str, Step] = {}
        self._runs: dict[str, dict[Time, Time]] = {}
        self._tails: dict[str, _Tail] = {}
        self._warnings: list[Warned] = []

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps in the order in which they were first told."""
        return tuple(self._steps.values())

    @property
    def warnings(self) -> tuple[Warned, ...]:
        """All warnings."""
        return tuple(self._warnings)

    def step(self, digest: str) -> Step | None:
        """The step of that digest, if it was told."""
        return self._steps.get(digest)

    def log_tail(self, digest: str) -> tuple[str, ...]:
        """The last lines that a step printed."""
        tail = self._tails.get(digest)
        return tail.lines() if tail else ()

    def read(self, status: messages.StatusResponse) -> Iterator[Event]:
        """The events of a message."""
        for vertex in status.vertexes:
            yield self._step(vertex)
        for part in status.statuses:
            started, completed = read_time(part.started), read_time(part.completed)
            yield Transfer(
                part.vertex, part.id or part.name, part.current, part.total, started, completed
            )
        for log in status.logs:
            self._tails.setdefault(log.vertex, _Tail()).add(log.stream, log.msg)
            yield LogPiece(log.vertex, log.stream, log.msg, read_time(log.timestamp) or 0.0)
        for warning in status.warnings:
            warned = _warned(warning)
            self._warnings.append(warned)
            yield warned

    def _step(self, vertex: messages.Vertex) -> Step:
        before = self._steps.get(vertex.digest)
        started, completed = read_time(vertex.started), read_time(vertex.completed)
        runs = self._runs.setdefault(vertex.digest, {})
        if started is not None and completed is not None:
            runs[started] = max(completed, runs.get(started, completed))
        step = self._steps[vertex.digest] = Step(
            vertex.digest,
            vertex.name,
            tuple(vertex.inputs) or (before.inputs if before else ()),
            started,
            completed,
            covered(runs),
            vertex.cached,
            vertex.error,
            vertex.progress_group.id,
        )
        return step


def covered(runs: Mapping[Time, Time]) -> float:
    """Seconds that lie in at least one of the intervals (from start to end)."""
    total = 0.0
    reached = float("-inf")
    for start, end in sorted(runs.items()):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


class _Tail:
    """The last lines of several streams; pieces are joined per stream."""

    _LINES = 50

    def __init__(self) -> None:
        self._partial: dict[int, bytes] = {}
        self._lines: list[str] = []

    def add(self, stream: int, data: bytes) -> None:
        *whole, rest = (self._partial.get(stream, b"") + data).split(b"\n")
        self._partial[stream] = rest[-64 * 1024 :]
        self._lines += [_line(line) for line in whole[-self._LINES :]]
        del self._lines[: -self._LINES]

    def lines(self) -> tuple[str, ...]:
        rest = [_line(line) for line in self._partial.values() if line]
        return tuple([*self._lines, *rest][-self._LINES :])


def _line(data: bytes) -> str:
    return data.rstrip(b"\r").decode("utf-8", "replace")


def _warned(warning: messages.VertexWarning) -> Warned:
    return Warned(
        warning.vertex,
        warning.short.decode("utf-8", "replace"),
        tuple(line.decode("utf-8", "replace") for line in warning.detail),
        warning.url,
        warning.info.filename,
        tuple((item.start.line, max(item.start.line, item.end.line)) for item in warning.ranges),
    )


def read_time(stamp: messages.Timestamp) -> Time | None:
    """Seconds of a time stamp; none for one that is not set."""
    if not stamp.seconds and not stamp.nanos:
        return None
    return stamp.seconds + stamp.nanos / 1e9
