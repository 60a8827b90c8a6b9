"""The standard streams of a run: who reads them, and in what form they want it."""

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from reimage.cli.errors import BadUsage
from reimage.report.patch import patch_lines
from reimage.report.pieces import Line, coloured, plain
from reimage.text import encode

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 80
WIDEST = 100


class Streams:
    """Writes to both standard streams. A reader that went away (`| head`) is no error."""

    def __init__(self, colour: str = "auto") -> None:
        if colour not in ("auto", "always", "never"):
            raise BadUsage(f"--color takes auto, always or never, not '{colour}'.")
        self._colour = colour

    @property
    def width(self) -> int:
        """Columns to fill on the standard error."""
        return columns(sys.stderr)

    def document(self, text: str) -> None:
        """A document on the standard output."""
        _write(sys.stdout, text.encode("utf-8", "backslashreplace"))

    def lines(self, lines: Iterable[Line]) -> None:
        """Text for people on the standard output."""
        self._print(sys.stdout, lines)

    def say(self, lines: Iterable[Line]) -> None:
        """Text for people on the standard error."""
        self._print(sys.stderr, lines)

    def note(self, text: str) -> None:
        """Text for the standard error that is whole lines already."""
        _write(sys.stderr, text.encode(sys.stderr.encoding or "utf-8", "backslashreplace"))

    @property
    def coloured(self) -> bool:
        """Whether the standard error is shown in colours."""
        return self._wanted(sys.stderr)

    def console(self) -> "Console":
        """The terminal behind the standard error, for what is drawn and drawn again."""
        from rich.console import Console

        return Console(
            stderr=True,
            highlight=False,
            markup=False,
            emoji=False,
            no_color=not self.coloured,
        )

    def patch(self, patch: str) -> None:
        """A patch on the standard output: for a person with colours, else byte for byte.

        FORCE_COLOR (which many CI systems set) does not count here: `git apply` reads this.
        """
        if sys.stdout.isatty() or self._colour == "always":
            on = self._colour == "always" or (self._colour == "auto" and _may_colour(sys.stdout))
            self._render(sys.stdout, patch_lines(patch), on)
        else:
            _write(sys.stdout, encode(patch))

    def _print(self, stream: TextIO, lines: Iterable[Line]) -> None:
        self._render(stream, lines, self._wanted(stream))

    def _wanted(self, stream: TextIO) -> bool:
        return self._colour == "always" or (
            self._colour == "auto" and (_may_colour(stream) or _forced())
        )

    def _render(self, stream: TextIO, lines: Iterable[Line], colours: bool) -> None:
        text = coloured(lines) if colours else plain(lines)
        _write(stream, text.encode(stream.encoding or "utf-8", "backslashreplace"))


def columns(stream: TextIO) -> int:
    """The width of a terminal, at most 100; 80 for everything else."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told) > 0:
        return min(int(told), WIDEST)
    if not stream.isatty():
        return WIDTH
    try:
        return min(os.get_terminal_size(stream.fileno()).columns or WIDTH, WIDEST)
    except OSError:
        return WIDTH


def _may_colour(stream: TextIO) -> bool:
    refused = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return stream.isatty() and not refused


def _forced() -> bool:
    return os.environ.get("FORCE_COLOR", "0") not in ("", "0") and not os.environ.get("NO_COLOR")


def _write(stream: TextIO, data: bytes) -> None:
    try:
        stream.flush()
        stream.buffer.write(data)
        stream.buffer.flush()
    except BrokenPipeError:
        give_up(stream)
    except OSError as error:
        give_up(stream)
        raise BadUsage(f"The output can't be written: {error.strerror}.") from error


def give_up(stream: TextIO) -> None:
    """Write to nowhere from now on."""
    # What is still in the buffer would raise again when Python ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
