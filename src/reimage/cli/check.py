"""`reimage check`: what `optimize --write` would change, for CI."""

from typing import Annotated

import typer

from reimage.cli import options as o
from reimage.cli import words
from reimage.cli.documents import document
from reimage.cli.errors import told_as_usage
from reimage.cli.streams import Streams

FORMATS = ("text", "json", "github", "sarif")


def check(
    files: o.Files = None,
    allow: o.Allow = None,
    select: o.Select = None,
    ignore: o.Ignore = None,
    prefer: o.Prefer = None,
    context: o.Context = None,
    no_context: o.NoContext = False,
    config: o.Config = None,
    stdin_name: o.StdinName = "Dockerfile",
    format_: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text, json, github or sarif.")
    ] = "text",
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    color: o.Color = "auto",
) -> int:
    """List what `optimize --write` would change, and images that the policy does not allow.

    Ends with 1 if there is anything, with 2 if a file can't be judged.
    """
    del debug  # the door looks for it
    choice = o.Choice(allow, select, ignore, prefer, context, no_context, config)
    form = words.format_name(format_, FORMATS)
    streams = Streams(color)
    with told_as_usage():
        from reimage.cli import inputs
        from reimage.rewriting.transformation import Claim

        options = choice.options(usual=Claim.SAME_FILES)

        def tell(note: str) -> None:
            if not quiet:
                streams.note(f"reimage: {note}\n")

        reports = list(inputs.run(files or (), options, stdin_name, tell))
    changes = sum(len(report.changed) for report in reports)
    found = changes + sum(len(report.violations) for report in reports)
    if form == "text":
        from reimage.report.findings import finding_lines
        from reimage.report.pieces import counted, line
        from reimage.report.terminal import trouble_lines

        streams.lines(each for report in reports for each in finding_lines(report))
        streams.say(each for report in reports for each in trouble_lines(report))
        if not quiet and found:
            shown = "; `reimage optimize` shows the patch" if changes else ""
            streams.say([line(f"{counted(found, 'finding')}{shown}")])
        code = 2 if any(report.failed for report in reports) else 0
    else:
        code = document(form, reports, streams)
    return code or int(found > 0)
