"""A Dockerfile with the bytes of each line beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reimage.report.building.figures import size
from reimage.report.pieces import Line, Piece, line
from reimage.report.visible import visible
from reimage.text import split_lines

if TYPE_CHECKING:
    from reimage.pipeline.images.results import ImageReport, RowReport

_BYTES = 8
_NUMBER = 5


def gutter_lines(image: ImageReport, text: str | None, width: int) -> Iterator[Line]:
    """The lines of the Dockerfile; where there is none, the steps of the image's history."""
    yield _head(text is not None)
    if text is None:
        for row in image.rows:
            yield _row(row, None, visible(row.text), width)
        return
    rows = {row.line: row for row in image.rows}
    inside = {
        number for row in image.rows for number in range(row.line or 0, (row.end_line or 0) + 1)
    }
    for number, source in enumerate(split_lines(text), 1):
        shown = visible(source.rstrip("\r\n").replace("\t", "    "))
        found = rows.get(number)
        if found is not None:
            yield _row(found, number, shown + _base_note(found), width)
        else:
            style = "" if number in inside else "dim"
            yield _beside(_blank(), number, shown, width, style)


def _head(numbered: bool) -> Line:
    titles = "".join(title.rjust(_BYTES) for title in ("added", "wasted", "total"))
    return line(f"{titles}{' line' if numbered else ''}", "dim")


def _base_note(row: RowReport) -> str:
    count = len(row.layers)
    return f"  ({count} layers)" if row.kind == "base" and count > 1 else ""


def _row(row: RowReport, number: int | None, text: str, width: int) -> Line:
    heavy = "bold" if row.layers else ""
    sizes = (
        Piece(_bytes(row.added if row.layers else 0), heavy),
        Piece(_bytes(row.wasted), "yellow"),
        Piece(_bytes(row.total if row.layers else 0), "dim"),
    )
    return _beside(sizes, number, text, width, "")


def _beside(
    sizes: tuple[Piece, ...], number: int | None, text: str, width: int, style: str
) -> Line:
    place = "" if number is None else str(number).rjust(_NUMBER)
    room = max(width - 3 * _BYTES - len(place) - 2, 20)
    return (*sizes, Piece(f"{place}  ", "dim"), Piece(clipped(text, room), style))


def _blank() -> tuple[Piece, ...]:
    return (Piece(" " * (3 * _BYTES)),)


def _bytes(count: int) -> str:
    return (size(count) if count else "").rjust(_BYTES)


def clipped(text: str, room: int) -> str:
    """`text`, cut where it is longer than `room`."""
    return text if len(text) <= room else f"{text[: room - 1]}…"


def ended(text: str, room: int) -> str:
    """The end of `text` where it is longer than `room`: of a path, the part that tells most."""
    return text if len(text) <= room else f"…{text[1 - room :]}"
