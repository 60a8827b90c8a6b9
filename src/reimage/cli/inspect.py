"""`reimage inspect`: which line of the Dockerfile put how many bytes into the image."""

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from reimage.cli import words
from reimage.cli.building.choices import Choices, Typed, with_choices
from reimage.cli.streams import Streams, columns

if TYPE_CHECKING:
    from reimage.pipeline.images.inspecting import Wanted

FORMATS = ("text", "json")


@with_choices
def inspect(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            show_default=False,
            help="A Dockerfile or build context (it is built), REVISION:DOCKERFILE of git, an "
            "image layout, a tar file of docker save, or the name of an image in the engine.",
        ),
    ],
    layers: Annotated[bool, typer.Option("--layers", help="Every layer.")] = False,
    files: Annotated[bool, typer.Option("--files", help="The largest files.")] = False,
    waste: Annotated[bool, typer.Option("--waste", help="Every kind of waste, file by file.")] = (
        False
    ),
    closure: Annotated[
        bool, typer.Option("--closure", help="What the image's command needs to run.")
    ] = False,
    file: Annotated[
        str | None,
        typer.Option(
            "--file", "-f", metavar="FILE", help="The Dockerfile that a finished image is made by."
        ),
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text or json.")
    ] = "text",
    **typed: Typed,
) -> int:
    """Show the bytes behind every line: what it adds, what of that is waste, and the sum."""
    choices = Choices(**typed)
    form = words.format_name(format_, FORMATS)
    streams = Streams(choices.color)
    from reimage.pipeline.images.inspecting import Wanted

    wanted = Wanted(waste=waste, files=files, closure=closure)
    with ExitStack() as stack:
        _tell(target, choices, streams, stack, wanted, form, layers, file)
    return 0


def _tell(
    target: str,
    choices: Choices,
    streams: Streams,
    stack: ExitStack,
    wanted: "Wanted",
    form: str,
    layers: bool,
    file: str | None,
) -> None:
    from reimage import __version__
    from reimage.cli.building.subjects import Opening, told
    from reimage.image.closure.finding import keep
    from reimage.pipeline.images.inspecting import inspect
    from reimage.pipeline.images.targets import target as meant

    opening = Opening(choices.flags, streams, keep if wanted.closure else None, dockerfile=file)
    with told():
        found = meant(target)
    subject = opening.open(found, stack, choices.context)
    with told():
        report = inspect(subject, wanted, __version__)
    if form == "json":
        from reimage.report.images.documents import inspection_json

        streams.document(inspection_json(report))
        return
    from reimage.report.images.inspection import inspection_lines

    text = subject.recipe.text if subject.recipe and report.image.dockerfile else None
    streams.lines(inspection_lines(report, text, columns(sys.stdout), layers=layers))
