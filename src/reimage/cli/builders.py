"""`reimage builders`: which builders there are, and what each can do."""

import sys
from typing import Annotated

import typer

from reimage.cli import options as o
from reimage.cli import words
from reimage.cli.streams import Streams, columns

FORMATS = ("text", "json")


def builders(
    format_: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text or json.")
    ] = "text",
    debug: o.Debug = False,
    color: o.Color = "auto",
) -> int:
    """Tell which builders there are, and which one a build would use."""
    del debug  # the door looks for it
    form = words.format_name(format_, FORMATS)
    streams = Streams(color)
    from reimage import __version__
    from reimage.pipeline.builders import survey
    from reimage.report.builders import builders_json, builders_lines

    found = survey()
    if form == "json":
        streams.document(builders_json(found, __version__))
    else:
        streams.lines(builders_lines(found, columns(sys.stdout)))
    return 0
