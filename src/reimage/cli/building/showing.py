"""What a build shows on the standard error, and in which form."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from reimage.cli.streams import Streams

if TYPE_CHECKING:
    from buildkit_client import Builder, BuildFailed, BuildResult, Event
    from reimage.report.building.board import Board


class Progress(Protocol):
    """Takes the events of a build."""

    board: "Board"

    def take(self, event: "Event") -> None: ...

    def close(self) -> None: ...


class Showing:
    """Talks about one build, from the builder's name to the outcome."""

    def __init__(self, kind: str, streams: Streams, dockerfile: str) -> None:
        self.kind = chosen(kind)
        self._streams = streams
        self._dockerfile = dockerfile
        self._began = time.monotonic()
        self._progress: Progress | None = None

    @property
    def speaks(self) -> bool:
        """Whether sentences for people go with it."""
        return self.kind in ("plain", "tty")

    def begin(self, builder: "Builder", warning: str) -> None:
        """Which builder it is, why, and what is to be known about the outputs."""
        from reimage.report.pieces import Piece, line
        from reimage.report.visible import visible

        if self.speaks:
            told = f"building with {visible(builder.url)}: {visible(builder.reason)}"
            self._streams.say([line(told, "dim")])
        if warning and self.kind != "rawjson":
            self._streams.say([(Piece("warning: ", "yellow"), Piece(f"{warning}."))])

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """What is given the events."""
        self._progress = shown = self._made()
        try:
            yield shown
        finally:
            shown.close()

    def _made(self) -> Progress:
        match self.kind:
            case "tty":
                from reimage.report.building.live import LiveProgress

                return LiveProgress(self._streams.console())
            case "plain":
                from reimage.report.building.plain import PlainProgress

                return PlainProgress(self._streams.note, colours=self._streams.coloured)
            case "rawjson":
                from reimage.report.building.raw import RawProgress

                return RawProgress(self._streams.note)
        from reimage.report.building.silent import SilentProgress

        return SilentProgress()

    def end(self, result: "BuildResult", files: Sequence[Path]) -> None:
        """What came of it."""
        from reimage.report.building.outcome import summary_lines

        if self.speaks and self._progress:
            took = time.monotonic() - self._began
            self._streams.say(
                summary_lines(
                    result, self._progress.board, took, files=files, dockerfile=self._dockerfile
                )
            )

    def failure(self, error: "BuildFailed") -> None:
        """Why nothing came of it."""
        from reimage.report.building.failure import failure_lines

        self._streams.say(failure_lines(error, self._dockerfile))


def chosen(kind: str) -> str:
    """`tty` for a terminal that can draw, else `plain`; a terminal is never assumed."""
    stderr = sys.stderr
    terminal = stderr.isatty() and os.environ.get("TERM") != "dumb"
    if kind == "tty" and not terminal:
        return "plain"
    if kind != "auto":
        return kind
    drawn = (stderr.encoding or "").lower().replace("-", "") == "utf8"
    return "tty" if terminal and drawn else "plain"
