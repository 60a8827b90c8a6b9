"""Progress as lines that only ever follow one another: for logs, pipes and CI systems."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from buildkit_client.status import Event, LogPiece, Step, Transfer, Warned
from reimage.report.building.board import Board, Entry
from reimage.report.building.figures import seconds, transferred
from reimage.report.building.log_text import log_line
from reimage.report.visible import visible

#: BuildKit first computes the key of a step, then may run it: what ended as quickly as this may go
#: on at once, and is not told for so long.
_QUICK = 0.01
_SETTLED = 0.25
#: A download says how far it is this often.
_TRANSFER_SECONDS = 5.0


class PlainProgress:
    """Writes `#5 [2/4] RUN …`, `#5 0.123 what it printed`, `#5 CACHED`, `#5 DONE 1.2s`."""

    def __init__(
        self,
        write: Callable[[str], object],
        *,
        colours: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.board = Board()
        self._write = write
        self._colours = colours
        self._clock = clock
        self._headed: set[int] = set()
        self._ended: dict[int, tuple[Entry, float]] = {}
        self._told: dict[tuple[int, str], float] = {}

    def take(self, event: Event) -> None:
        """Write what is new with this event."""
        now = self._clock()
        entry = self.board.take(event, now)
        if entry is None:
            return
        lines = [*self._settle(event, entry, now), *self._lines(event, entry, now)]
        if lines:
            self._write("".join(line + "\n" for line in lines))

    def close(self) -> None:
        """Write how the last steps ended."""
        lines = [line for entry, _ in self._ended.values() for line in _ending(entry)]
        self._ended.clear()
        if lines:
            self._write("".join(line + "\n" for line in lines))

    def _settle(self, event: Event, entry: Entry, now: float) -> Iterator[str]:
        if entry.is_running:
            self._ended.pop(entry.number, None)
        needed = event.inputs if isinstance(event, Step) and entry.is_running else ()
        for number, (other, since) in list(self._ended.items()):
            if now - since >= _SETTLED or any(digest in other.steps for digest in needed):
                del self._ended[number]
                yield from _ending(other)

    def _lines(self, event: Event, entry: Entry, now: float) -> Iterator[str]:
        if entry.number not in self._headed:
            self._headed.add(entry.number)
            yield f"#{entry.number} {visible(entry.name)}"
        match event:
            case Step() if entry.is_done:
                yield from self._last_words(entry)
                if entry.cached or entry.error or event.seconds > _QUICK:
                    yield from _ending(entry)
                else:
                    self._ended[entry.number] = (entry, now)
            case Transfer():
                yield from self._transfer(event, entry, now)
            case LogPiece():
                yield from self._log(event, entry)
            case Warned():
                yield f"#{entry.number} WARNING: {visible(event.short)}"

    def _log(self, piece: LogPiece, entry: Entry) -> Iterator[str]:
        since = max(0.0, piece.time - (entry.began or piece.time))
        for text in entry.fresh:
            yield f"#{entry.number} {since:.3f} {log_line(text, colours=self._colours)}"

    def _last_words(self, entry: Entry) -> Iterator[str]:
        for lines in entry.streams.values():
            for text in lines.end():
                yield f"#{entry.number} {log_line(text, colours=self._colours)}"

    def _transfer(self, part: Transfer, entry: Entry, now: float) -> Iterator[str]:
        key = (entry.number, part.id)
        done = part.completed is not None
        if not done and now - self._told.setdefault(key, now) < _TRANSFER_SECONDS:
            return
        self._told[key] = now
        took = part.completed - part.started if part.completed and part.started else None
        words = [visible(part.id), transferred(part.current, part.total)]
        words += [f"{seconds(took)} done" if took is not None else ""]
        yield f"#{entry.number} {' '.join(word for word in words if word)}"


def _ending(entry: Entry) -> list[str]:
    if entry.error:
        cancelled = entry.error.endswith("context canceled")
        return [f"#{entry.number} " + ("CANCELED" if cancelled else f"ERROR: {_short(entry)}")]
    if entry.cached:
        return [f"#{entry.number} CACHED"]
    return [f"#{entry.number} DONE {seconds(entry.seconds(0.0))}"]


def _short(entry: Entry) -> str:
    return visible(entry.error.split("\n", 1)[0])
