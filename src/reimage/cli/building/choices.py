"""Options of a build for the commands that look at what comes of it."""

from typing import Annotated

import typer

_Many = list[str] | None

Context = Annotated[
    str | None,
    typer.Option(metavar="DIR", help="The build context. Default: the folder of the Dockerfile."),
]
BuildArg = Annotated[_Many, typer.Option(metavar="NAME=VALUE", help="A build argument (repeat).")]
Target = Annotated[
    str, typer.Option(metavar="STAGE", help="The stage to build; the last one if none.")
]
Platform = Annotated[_Many, typer.Option(metavar="NAME", help="A platform, such as linux/arm64.")]
BuildContext = Annotated[
    _Many,
    typer.Option(
        metavar="NAME=PLACE",
        help="A directory, docker-image://… or oci-layout://… to use in place of NAME.",
    ),
]
Secret = Annotated[
    _Many, typer.Option(metavar="id=ID,…", help="A secret for RUN: …,src=FILE or …,env=NAME.")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Run every step of a build.")]
Network = Annotated[str, typer.Option(metavar="MODE", help="For RUN: default, host or none.")]
BuilderName = Annotated[
    str, typer.Option("--builder", metavar="BUILDER", help="The builder, as in `reimage build`.")
]
Progress = Annotated[
    str, typer.Option(metavar="KIND", help="Of a build: auto, plain, tty, quiet or rawjson.")
]
