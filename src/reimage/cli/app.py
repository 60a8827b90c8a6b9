"""The commands wired together."""

from typing import Annotated

import typer

from reimage.cli.build import build
from reimage.cli.builders import builders
from reimage.cli.check import check
from reimage.cli.door import Door
from reimage.cli.explain import explain
from reimage.cli.optimize import optimize
from reimage.cli.plain_text import PlainTextCommand
from reimage.cli.rules import rules

app = typer.Typer(
    name="reimage",
    cls=Door,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (optimize, check, rules, explain, build, builders):
    app.command(cls=vars(command).get("command_class", PlainTextCommand))(command)


def _tell_version(wanted: bool) -> None:
    if wanted:
        from reimage import __version__

        typer.echo(f"reimage {__version__}")
        raise typer.Exit


@app.callback()
def reimage(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell the version."),
    ] = False,
) -> None:
    """Optimize Dockerfiles: a patch, and the reason for each line of it."""
