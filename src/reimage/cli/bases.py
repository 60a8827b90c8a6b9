"""`reimage bases`: which smaller image may do in place of one."""

import sys
from typing import Annotated

import typer

from reimage.cli import options as o
from reimage.cli import words
from reimage.cli.errors import told_as_usage
from reimage.cli.streams import Streams, columns

FORMATS = ("text", "json")


def bases(
    image: Annotated[
        str, typer.Argument(metavar="IMAGE", help="An image as FROM names it: python:3.12.")
    ],
    scan: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[IMAGE=]FILE",
            help="A scanner's report about one of the images, or a folder of them (repeat).",
        ),
    ] = None,
    max_vulnerabilities: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SEVERITY=N", help="Exclude what has more: critical=0, total=50 (repeat)."
        ),
    ] = None,
    no_policy: Annotated[
        bool, typer.Option("--no-policy", help="Rank what the policy excludes, too.")
    ] = False,
    offline: o.Offline = False,
    plain_http: o.PlainHttp = None,
    mirror: o.Mirror = None,
    ca: o.Ca = None,
    cache_tags: o.CacheTags = None,
    config: o.Config = None,
    format_: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text or json.")
    ] = "text",
    debug: o.Debug = False,
    color: o.Color = "auto",
) -> int:
    """List images that may do in place of one, the best first.

    Asks the registries for sizes and contents; --offline goes by a table of official images. Ends
    with 1 where --scan shows that IMAGE has more vulnerabilities than are allowed.
    """
    del debug  # the door looks for it
    form = words.format_name(format_, FORMATS)
    streams = Streams(color)
    with told_as_usage():
        from pathlib import Path

        from reimage.pipeline.bases import Limits, find_bases

        found = find_bases(
            image,
            o.registry_options(offline, plain_http, mirror, ca, cache_tags),
            config=None if config is None else Path(config),
            limits=Limits(
                tuple(scan or ()), words.most_vulnerabilities(max_vulnerabilities), not no_policy
            ),
        )
    from reimage.report.bases import bases_json, bases_lines, note_lines

    if form == "json":
        from reimage import __version__

        streams.document(bases_json(found, __version__))
    else:
        streams.lines(bases_lines(found, columns(sys.stdout)))
    streams.say(note_lines(found, streams.width))
    return 2 if found.failed else int(bool(found.too_many))
