"""What `reimage` is without a command."""

from typing import Annotated

import typer

from reimage.cli.door import Door

app = typer.Typer(
    name="reimage",
    cls=Door,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
