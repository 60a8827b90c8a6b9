"""The commands by name, each loaded when it is asked for: a run needs only one of them."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

import typer
from typer.main import get_command

from reimage.cli.plain_text import PlainTextCommand

if TYPE_CHECKING:
    from typer._click import Command

_NAMES = (
    "optimize", "check", "inspect", "compare", "pin", "bases", "build", "builders", "rules",
    "explain",
)  # fmt: skip
"""As the help lists them. A command is what has its name in `reimage.cli.<name>`: a function, or a
`typer.Typer` with commands of its own."""


class Commands(Mapping[str, "Command"]):
    """What typer finds commands in."""

    def __getitem__(self, name: str) -> "Command":
        if name not in _NAMES:
            raise KeyError(name)
        return _loaded(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


@cache
def _loaded(name: str) -> "Command":
    found = getattr(import_module(f"reimage.cli.{name}"), name)
    if isinstance(found, typer.Typer):
        return get_command(found)
    alone = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
    alone.command(cls=vars(found).get("command_class", PlainTextCommand))(found)
    return get_command(alone)
