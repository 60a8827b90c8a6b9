"""The patch on its way to a person's terminal. Anything else gets the patch as it is."""

from reimage.report.pieces import Line, line
from reimage.report.visible import visible_lines

_STYLES = (
    ("diff ", "bold"),
    ("--- ", "bold"),
    ("+++ ", "bold"),
    ("@@", "cyan"),
    ("+", "green"),
    ("-", "red"),
)


def patch_lines(patch: str) -> list[Line]:
    """The lines of a unified diff, in colours, control characters made visible."""
    shown = visible_lines(patch).removesuffix("\n")
    return [line(text, _style(text)) for text in shown.split("\n")] if shown else []


def _style(text: str) -> str:
    return next((style for start, style in _STYLES if text.startswith(start)), "")
