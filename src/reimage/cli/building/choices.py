"""Options of a build for the commands that look at what comes of it."""

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Annotated, Any, NamedTuple

import typer

from reimage.cli import options as o
from reimage.cli.building.flags import Flags

_Many = list[str] | None


class Choices(NamedTuple):
    """What was typed of them."""

    context: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="The build context. Default: the folder of the Dockerfile."
        ),
    ] = None
    build_arg: Annotated[
        _Many, typer.Option(metavar="NAME=VALUE", help="A build argument (repeat).")
    ] = None
    stage: Annotated[
        str, typer.Option("--target", metavar="STAGE", help="The stage; the last one if none.")
    ] = ""
    platform: Annotated[
        _Many, typer.Option(metavar="NAME", help="A platform, such as linux/arm64.")
    ] = None
    build_context: Annotated[
        _Many,
        typer.Option(
            metavar="NAME=PLACE",
            help="A directory, docker-image://… or oci-layout://… to use in place of NAME.",
        ),
    ] = None
    secret: Annotated[
        _Many, typer.Option(metavar="id=ID,…", help="A secret for RUN: …,src=FILE or …,env=NAME.")
    ] = None
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Run every step of a build.")] = False
    network: Annotated[
        str, typer.Option(metavar="MODE", help="For RUN: default, host or none.")
    ] = "default"
    builder: Annotated[
        str, typer.Option(metavar="BUILDER", help="The builder, as in `reimage build`.")
    ] = ""
    progress: Annotated[
        str, typer.Option(metavar="KIND", help="Of a build: auto, plain, tty, quiet or rawjson.")
    ] = ""
    debug: o.Debug = False
    color: o.Color = "auto"

    @property
    def flags(self) -> Flags:
        """The same as flags of `reimage build`."""
        return Flags(
            build_arg=self.build_arg,
            target=self.stage,
            platform=self.platform,
            build_context=self.build_context,
            secret=self.secret,
            no_cache=self.no_cache,
            network=self.network,
            builder=self.builder,
            progress=self.progress,
        )


def with_choices(command: Callable[..., int]) -> Callable[..., int]:
    """A command that takes all of them as `**typed`, after its own options."""
    whole = signature(command)
    own = [each for each in whole.parameters.values() if each.kind is not Parameter.VAR_KEYWORD]
    shared = signature(Choices).parameters.values()
    command.__dict__["__signature__"] = whole.replace(parameters=[*own, *shared])
    return command


Typed = Any
"""The type of `**typed`, which only the signature knows."""
