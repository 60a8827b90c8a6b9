"""Progress on a terminal: a block that is drawn anew as the build goes on.

The block holds the steps in the order in which they began, with the last lines of those that run.
When it grows too high, finished steps leave it at the top for good; so a short terminal shows as
much as it can, and what scrolled away is still in order.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from buildkit_client.status import Event
from reimage.report.building.board import Board, Entry
from reimage.report.building.figures import seconds, transferred
from reimage.report.building.log_text import log_line
from reimage.report.visible import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_PER_SECOND = 8
#: Log lines of each running step, when there is room.
_LOG_LINES = 6
_MOST_ROWS = 30


class LiveProgress:
    """Draws until it is closed."""

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        from rich.live import Live

        self.board = Board()
        self._console = console
        self._clock = clock
        self._lock = threading.Lock()
        self._gone: set[int] = set()
        self._live = Live(
            console=console,
            get_renderable=self._draw,
            refresh_per_second=_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        )
        self._live.start()

    def take(self, event: Event) -> None:
        """Note the event; it is drawn in time."""
        with self._lock:
            entry = self.board.take(event, self._clock())
            if entry and entry.is_running:
                self._gone.discard(entry.number)
        self._make_room()

    def close(self) -> None:
        """Leave all steps on the terminal as they ended."""
        self._live.stop()
        with self._lock:
            lines = self._final(self._shown())
        for line in lines:
            self._console.print(line, soft_wrap=True)

    def _make_room(self) -> None:
        """Let finished steps at the top go for good, while there are more than fit."""
        with self._lock:
            shown = self._shown()
            leaving: list[Entry] = []
            for entry in shown[: max(0, len(shown) - _steps_that_fit(self._console.height))]:
                if not entry.is_done:
                    break
                leaving.append(entry)
            self._gone.update(entry.number for entry in leaving)
            lines = self._final(leaving)
        for line in lines:
            self._live.console.print(line, soft_wrap=True)

    def _shown(self) -> list[Entry]:
        return [
            entry
            for entry in self.board.entries
            if entry.number not in self._gone and entry.is_worth_telling
        ]

    def _final(self, entries: Sequence[Entry]) -> list[Text]:
        width, now = self._console.width, self._clock()
        return [step_line(entry, width, now) for entry in entries]

    def _draw(self) -> Text:
        with self._lock:
            rows = block(self._shown(), self._console.width, self._console.height, self._clock())
        return _joined(rows)


def _steps_that_fit(height: int) -> int:
    return max(1, min(height - 2, _MOST_ROWS) * 2 // 3)


def block(entries: Sequence[Entry], width: int, height: int, now: float) -> list[Text]:
    """The rows of the block, fewer than `height`: a row for each step, then what running steps
    print. Finished steps that do not fit are counted, never running ones before them."""
    room = max(2, min(height - 1, _MOST_ROWS))
    running = [entry for entry in entries if entry.is_running]
    hidden = max(0, len(entries) - room)
    if hidden:
        spare = room - 1 - min(len(running), room - 1)
        done = [entry for entry in entries if not entry.is_running]
        kept = {entry.number for entry in running[: room - 1]}
        kept |= {entry.number for entry in done[len(done) - spare :]}
        hidden = len(entries) - len(kept)
        entries = [entry for entry in entries if entry.number in kept]
    left = room - len(entries) - (1 if hidden else 0)
    share = _shares(running, left)
    rows: list[Text] = []
    for entry in entries:
        rows.append(step_line(entry, width, now))
        printed = entry.last_lines(share.get(entry.number, 0))
        rows += [_cropped(f"  | {log_line(text)}", width, "dim") for text in printed]
    if hidden:
        rows.append(_cropped(f"  and {hidden} more", width, "dim"))
    return rows


def _shares(running: Sequence[Entry], rows: int) -> dict[int, int]:
    """How many log lines each running step may show; a row of log is given out at a time."""
    wanted = {entry.number: len(entry.last_lines(_LOG_LINES)) for entry in running}
    given = dict.fromkeys(wanted, 0)
    while rows > 0 and any(given[number] < wanted[number] for number in wanted):
        for number in wanted:
            if rows > 0 and given[number] < wanted[number]:
                given[number] += 1
                rows -= 1
    return given


def step_line(entry: Entry, width: int, now: float) -> Text:
    """A step in one row: its name on the left, how it stands on the right."""
    state, style = _state(entry, now)
    name = _fitted(visible(entry.name), max(10, width - len(state) - 4))
    row = _cropped(f"{_mark(entry)} {name} {state}", width, "")
    start = len(row.plain) - len(state)
    row.stylize(style, max(0, start))
    if entry.error:
        row.stylize("red", 0, 1)
    elif entry.is_running:
        row.stylize("bold", 2, max(2, start))
    return row


def _fitted(text: str, room: int) -> str:
    from rich.cells import cell_len, set_cell_size

    return set_cell_size(text if cell_len(text) <= room else _head(text, room), room)


def _head(text: str, room: int) -> str:
    from rich.cells import set_cell_size

    return set_cell_size(text[:room], room - 1).rstrip() + "…"


def _mark(entry: Entry) -> str:
    if entry.error:
        return "✗"
    return "·" if entry.is_running else "✓"


def _state(entry: Entry, now: float) -> tuple[str, str]:
    taken = seconds(entry.seconds(now))
    if entry.error:
        cancelled = entry.error.endswith("context canceled")
        return ("canceled" if cancelled else "FAILED") + f" {taken:>7}", "red"
    if entry.cached and not entry.is_running:
        return "CACHED", "cyan"
    moved = transferred(*entry.bytes)
    return f"{moved} {taken:>7}".strip() if moved else f"{taken:>7}", ""


def _cropped(text: str, width: int, style: str) -> Text:
    from rich.text import Text

    row = Text(text, style=style, no_wrap=True, overflow="ellipsis", end="")
    row.truncate(max(1, width - 1), overflow="ellipsis")
    return row


def _joined(rows: Sequence[Text]) -> Text:
    from rich.text import Text

    return Text("\n", no_wrap=True, overflow="crop").join(rows)
