"""`reimage inspect`: which line of the Dockerfile put how many bytes into the image."""

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from reimage.cli import options as o
from reimage.cli import words
from reimage.cli.building import choices as b
from reimage.cli.building.flags import Flags
from reimage.cli.streams import Streams, columns

if TYPE_CHECKING:
    from reimage.pipeline.images.inspecting import Wanted

FORMATS = ("text", "json")


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
    context: b.Context = None,
    build_arg: b.BuildArg = None,
    stage: Annotated[
        str, typer.Option("--target", metavar="STAGE", help="The stage; the last one if none.")
    ] = "",
    platform: b.Platform = None,
    build_context: b.BuildContext = None,
    secret: b.Secret = None,
    no_cache: b.NoCache = False,
    network: b.Network = "default",
    builder: b.BuilderName = "",
    progress: b.Progress = "",
    format_: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text or json.")
    ] = "text",
    debug: o.Debug = False,
    color: o.Color = "auto",
) -> int:
    """Show the bytes behind every line: what it adds, what of that is waste, and the sum."""
    del debug  # the door looks for it
    form = words.format_name(format_, FORMATS)
    streams = Streams(color)
    flags = Flags(
        build_arg=build_arg,
        target=stage,
        platform=platform,
        build_context=build_context,
        secret=secret,
        no_cache=no_cache,
        network=network,
        builder=builder,
        progress=progress,
    )
    from reimage.pipeline.images.inspecting import Wanted

    wanted = Wanted(waste=waste, files=files, closure=closure)
    with ExitStack() as stack:
        _tell(target, flags, streams, stack, wanted, form, layers, context, file)
    return 0


def _tell(
    target: str,
    flags: Flags,
    streams: Streams,
    stack: ExitStack,
    wanted: "Wanted",
    form: str,
    layers: bool,
    context: str | None,
    file: str | None,
) -> None:
    from reimage import __version__
    from reimage.cli.building.subjects import Opening, told
    from reimage.image.closure.finding import keep
    from reimage.pipeline.images.inspecting import inspect
    from reimage.pipeline.images.targets import target as meant

    opening = Opening(flags, streams, keep if wanted.closure else None, dockerfile=file)
    with told():
        found = meant(target)
    subject = opening.open(found, stack, context)
    with told():
        report = inspect(subject, wanted, __version__)
    if form == "json":
        from reimage.report.images.documents import inspection_json

        streams.document(inspection_json(report))
        return
    from reimage.report.images.inspection import inspection_lines

    text = subject.recipe.text if subject.recipe and report.image.dockerfile else None
    streams.lines(inspection_lines(report, text, columns(sys.stdout), layers=layers))
