"""`reimage explain NAME`: why a transformation is there and when it stays away."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from reimage.cli import options as o
from reimage.cli.errors import BadUsage
from reimage.cli.streams import Streams, columns

if TYPE_CHECKING:
    from reimage.rewriting.transformation import Transformation


def explain(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name that `rules` lists.")],
    debug: o.Debug = False,
    color: o.Color = "auto",
) -> int:
    """Explain one transformation."""
    del debug  # the door looks for it
    streams = Streams(color)
    from reimage.report.catalogue import explanation_lines
    from reimage.transforms import load

    known = load()
    wanted = _wanted(name, known)
    streams.lines(explanation_lines(wanted, known, columns(sys.stdout)))
    return 0


def _wanted(name: str, known: "tuple[Transformation, ...]") -> "Transformation":
    title = name.replace("_", "-").lower()
    by_title = {each.title: each for each in known}
    if title in by_title:
        return by_title[title]
    from reimage.text import closest

    guess = closest(title, by_title)
    hint = "" if guess is None else f" Did you mean '{guess}'?"
    raise BadUsage(f"There is no transformation '{name}'; `reimage rules` lists them.{hint}")
