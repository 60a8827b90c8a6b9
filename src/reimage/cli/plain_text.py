"""Arguments as they were typed.

typer turns arguments into types with pydantic, whose import alone takes as long as all the rest of
a run. Our options are flags and words, and words need no turning.
"""

from typing import Any

from typer.core import TyperCommand


class _AsTyped:
    """Stands in for typer's coercion of one parameter."""

    def coerce(self, value: Any, param: Any, ctx: object) -> Any:
        del ctx
        many = param.multiple or param.nargs == -1
        return () if value is None and many else value


class PlainTextCommand(TyperCommand):
    """A command whose parameters are all `bool`, `str` or lists of `str`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for param in self.params:
            # Shadows the method; were typer to drop it, arguments would take the slow way again.
            vars(param)["get_runtime_param"] = _AsTyped
