"""Budgets as they are typed, the same for every command that has them."""

from typing import TYPE_CHECKING

from reimage.cli import words
from reimage.cli.errors import told_as_usage

if TYPE_CHECKING:
    from reimage.pipeline.images.budgets import Limits


def limits(size: str | None, growth: str | None, layers: str | None, waste: str | None) -> "Limits":
    """--max-size, --max-growth, --max-layers and --max-waste."""
    from reimage.pipeline.images.budgets import Limits, amount

    with told_as_usage():
        return Limits(
            size=amount("--max-size", size, share=False) if size is not None else None,
            growth=amount("--max-growth", growth, share=True) if growth is not None else None,
            layers=None if layers is None else words.count("--max-layers", layers, "layers"),
            waste=amount("--max-waste", waste, share=True) if waste is not None else None,
        )
