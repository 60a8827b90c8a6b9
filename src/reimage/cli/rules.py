"""`reimage rules`: every transformation in a table."""

import sys
from typing import Annotated

import typer

from reimage.cli import options as o
from reimage.cli import words
from reimage.cli.streams import Streams, columns

FORMATS = ("text", "json", "markdown")


def rules(
    format_: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text, json or markdown.")
    ] = "text",
    debug: o.Debug = False,
    color: o.Color = "auto",
) -> int:
    """List the transformations."""
    del debug  # the door looks for it
    form = words.format_name(format_, FORMATS)
    streams = Streams(color)
    from reimage import __version__
    from reimage.report import catalogue
    from reimage.transforms import load

    known = load()
    if form == "json":
        streams.document(catalogue.table_json(known, __version__))
    elif form == "markdown":
        streams.document(catalogue.table_markdown(known))
    else:
        streams.lines(catalogue.table_lines(known, columns(sys.stdout)))
    return 0
