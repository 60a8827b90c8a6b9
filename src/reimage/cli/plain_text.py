"""Arguments as they were typed.

typer turns arguments into types with pydantic, whose import alone takes as long as all the rest of
a run. Our options are flags and words, and words need no turning.
"""

from collections.abc import Iterable
from typing import Any

import typer
from typer.core import TyperCommand


class _AsTyped:
    """Stands in for typer's coercion of one parameter."""

    def coerce(self, value: Any, param: Any, ctx: object) -> Any:
        del ctx
        many = param.multiple or param.nargs == -1
        return () if value is None and many else value


def take_as_typed(params: Iterable[Any]) -> None:
    """Let these parameters, each `bool`, `str` or a list of `str`, keep what was typed."""
    for param in params:
        # Shadows the method; were typer to rename it, arguments would take the slow way again.
        vars(param)["get_runtime_param"] = _AsTyped


class PlainTextCommand(TyperCommand):
    """A command that takes its arguments as typed."""

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        params = super().get_params(ctx)
        take_as_typed(params)
        return params
