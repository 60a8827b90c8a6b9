"""Lines of text in styled pieces, and how they become plain or coloured text."""

import textwrap
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Piece(NamedTuple):
    """A run of characters in one style, named as rich names styles ("bold", "red", "")."""

    text: str
    style: str = ""


Line = tuple[Piece, ...]


def line(text: str, style: str = "") -> Line:
    return (Piece(text, style),)


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def wrapped(head: Sequence[Piece], text: str, *, width: int, indent: int) -> list[Line]:
    """`head`, then `text` filled to `width` columns; later lines begin after `indent` blanks."""
    taken = sum(len(piece.text) for piece in head)
    first, *rest = textwrap.wrap(
        text,
        width,
        initial_indent=" " * taken,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]
    return [(*head, Piece(first[taken:])), *(line(other) for other in rest)]


def plain(lines: Iterable[Line]) -> str:
    """The text alone, each line ended, no line ending in blanks."""
    return "".join("".join(p.text for p in pieces).rstrip() + "\n" for pieces in lines)


def coloured(lines: Iterable[Line]) -> str:
    """The text with the colour codes of a terminal."""
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    out = StringIO()
    console = Console(
        file=out,
        force_terminal=True,
        color_system="standard",
        no_color=False,
        highlight=False,
        legacy_windows=False,
    )
    for pieces in lines:
        text = Text()
        for piece in pieces:
            text.append(piece.text, piece.style)
        console.print(text, soft_wrap=True)
    return out.getvalue()
