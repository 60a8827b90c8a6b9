"""The way out: every outcome of a command becomes an exit code, and every error a sentence.

0 fine, 1 findings, 2 bad usage or bad input, 3 our bug, 130 interrupted.
"""

import errno
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from reimage.cli.commands import Commands
from reimage.cli.plain_text import take_as_typed
from reimage.report.visible import visible, visible_lines

BAD_INPUT = 2
OUR_BUG = 3
INTERRUPTED = 130


class Door(TyperGroup):
    """All commands together. A command returns its exit code."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = Commands()  # type: ignore[assignment]  # typer only reads it

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        params = super().get_params(ctx)
        take_as_typed(params)
        return params

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run the command that `args` name and end the process."""
        del standalone_mode, prog_name
        words = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(
                args=args,
                prog_name="reimage",
                complete_var=complete_var,
                standalone_mode=False,
                windows_expand_args=windows_expand_args,
                **extra,
            )
        except typer.TyperException as error:
            _tell(error.format_message())
            code = error.exit_code
        except typer.Abort:
            code = INTERRUPTED
        except Exception as error:  # noqa: BLE001 - the one place where a bug is owned up to
            full = isinstance(error, OSError) and error.errno == errno.ENOSPC
            code = _tell_full() if full else _own_up(error, words)
        if code == INTERRUPTED:
            _tell("interrupted")
        sys.exit(code if isinstance(code, int) else 0)


def _tell(message: str) -> None:
    print(f"reimage: {visible(message)}", file=sys.stderr)


def _tell_full() -> int:
    from reimage.cli.streams import give_up

    give_up(sys.stdout)
    _tell("The disk is full.")
    return BAD_INPUT


def _own_up(error: Exception, words: list[str]) -> int:
    from reimage.cli.crash import write_crash_log

    log = write_crash_log(error, words)
    where = "" if log is None else f" The details are in {log}; please report it with that file."
    _tell(f"this is a bug in reimage: {type(error).__name__}: {error}.{where}")
    if "--debug" in words:
        import traceback

        print(visible_lines("".join(traceback.format_exception(error))), file=sys.stderr, end="")
    return OUR_BUG
