"""`reimage compare`: two images or builds side by side, and budgets for CI."""

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from reimage.cli import words
from reimage.cli.building.choices import Choices, Typed, with_choices
from reimage.cli.building.limits import limits as read_limits
from reimage.cli.errors import BadUsage
from reimage.cli.streams import Streams

if TYPE_CHECKING:
    from reimage.pipeline.images.budgets import Limits
    from reimage.pipeline.images.comparison import CompareReport
    from reimage.pipeline.images.subjects import Subject

FORMATS = ("text", "json", "markdown", "html", "github", "sarif")
_KINDS = (
    "a Dockerfile or build context (it is built), REVISION:DOCKERFILE of git, an image layout, a "
    "tar file of docker save, the name of an image in the engine, or docker://NAME in a registry."
)


@with_choices
def compare(
    before: Annotated[
        str, typer.Argument(metavar="BEFORE", show_default=False, help=f"What was: {_KINDS}")
    ],
    after: Annotated[
        str, typer.Argument(metavar="AFTER", show_default=False, help="What is, as BEFORE.")
    ],
    max_size: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Fail when AFTER is larger.")
    ] = None,
    max_growth: Annotated[
        str | None, typer.Option(metavar="SIZE|N%", help="Fail when AFTER grew by more.")
    ] = None,
    max_layers: Annotated[
        str | None, typer.Option(metavar="N", help="Fail when AFTER has more layers.")
    ] = None,
    max_waste: Annotated[
        str | None, typer.Option(metavar="SIZE|N%", help="Fail when AFTER wastes more.")
    ] = None,
    touch: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Build again with this file of the context edited: seconds, and bytes to push.",
        ),
    ] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Build each side once more: the seconds with a full cache."),
    ] = False,
    format_: Annotated[
        str,
        typer.Option(
            "--format", metavar="FORMAT", help="text, json, markdown, html, github or sarif."
        ),
    ] = "text",
    **typed: Typed,
) -> int:
    """Tell what changed between two images or builds.

    Ends with 1 when a budget is not held, and names the line that did it.
    """
    choices = Choices(**typed)
    form = words.format_name(format_, FORMATS)
    limits = read_limits(max_size, max_growth, max_layers, max_waste)
    streams = Streams(choices.color)
    with ExitStack() as stack:
        report, subject = _compared(before, after, choices, streams, limits, touch, again, stack)
    _tell(report, subject, form, streams)
    return 0 if report.held else 1


def _compared(
    before: str,
    after: str,
    choices: Choices,
    streams: Streams,
    limits: "Limits",
    touch: str | None,
    again: bool,
    stack: ExitStack,
) -> "tuple[CompareReport, Subject]":
    from reimage import __version__
    from reimage.cli.building.subjects import Opening, told
    from reimage.image.packages.installed import keep
    from reimage.pipeline.images.comparing import compare
    from reimage.pipeline.images.targets import target

    context = choices.context
    with told():
        targets = [target(word) for word in (before, after)]
    for name, is_given in (("context", context is not None), ("touch", touch), ("again", again)):
        if is_given and not any(each.is_built for each in targets):
            raise BadUsage(f"--{name} is for a build, and neither of the two is built.")
    opening = Opening(choices.flags, streams, keep, touch=touch, again=again)
    one, two = (
        opening.open(each, stack, context if each.kind in ("dockerfile", "revision") else None)
        for each in targets
    )
    with told():
        return compare(one, two, limits, __version__), two


def _tell(report: "CompareReport", after: "Subject", form: str, streams: Streams) -> None:
    import sys

    from reimage.cli.streams import columns

    if form == "json":
        from reimage.report.images.documents import comparison_json

        streams.document(comparison_json(report))
    elif form == "markdown":
        from reimage.report.images.markdown import comparison_markdown

        streams.document(comparison_markdown(report))
    elif form == "html":
        from reimage.pipeline.images.comparing import shown_files
        from reimage.report.images.page import comparison_page

        streams.document(comparison_page(report, shown_files(after)))
    elif form == "github":
        from reimage.report.images.annotations import comparison_annotations

        streams.document(comparison_annotations(report))
    elif form == "sarif":
        from reimage.report.images.annotations import comparison_sarif

        streams.document(comparison_sarif(report))
    else:
        from reimage.report.images.comparison import comparison_lines

        streams.lines(comparison_lines(report, columns(sys.stdout)))
    if form != "text":
        from reimage.report.images.comparison import budget_lines

        streams.say(budget_lines(report, streams.width))
