"""Progress of several builds that run at the same time: a block each on a terminal, one below the
other, and lines that stay above them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from reimage.report.building.board import Board
from reimage.report.building.live import block
from reimage.report.visible import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from buildkit_client.status import Event

_PER_SECOND = 8


class SeveralBuilds:
    """Use it in a `with`; what is drawn is gone afterwards, what was told stays."""

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        from rich.live import Live

        self._console = console
        self._clock = clock
        self._lock = threading.Lock()
        self._boards: dict[int, tuple[str, Board]] = {}
        self._live = Live(
            console=console,
            get_renderable=self.drawn,
            refresh_per_second=_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        )

    def tell(self, text: str) -> None:
        """A line that stays."""
        self._console.print(f"reimage: {visible(text)}", soft_wrap=True)

    @contextmanager
    def watch(self, name: str) -> Iterator[Callable[[Event], object]]:
        """Takes the events of a build that is shown as long as this lasts."""
        board = Board()
        with self._lock:
            self._boards[id(board)] = (name, board)
        try:
            yield lambda event: self._take(board, event)
        finally:
            with self._lock:
                del self._boards[id(board)]

    def _take(self, board: Board, event: Event) -> None:
        with self._lock:
            board.take(event, self._clock())

    def drawn(self) -> Text:
        """All blocks; each has its share of the terminal's height."""
        from rich.text import Text

        rows: list[Text] = []
        with self._lock:
            width, now = self._console.width, self._clock()
            share = (self._console.height - 1) // max(1, len(self._boards))
            for name, board in self._boards.values():
                head = Text(visible(name), style="bold", no_wrap=True, overflow="ellipsis")
                head.truncate(max(1, width - 1), overflow="ellipsis")
                shown = [entry for entry in board.entries if entry.is_worth_telling]
                rows += [head, *block(shown, width, share, now)]
        return Text("\n", no_wrap=True, overflow="crop").join(rows)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()
