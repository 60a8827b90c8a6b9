"""From a configuration and the contents of layers to an image, with all digests compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reimage.image.anatomy import Layer
from reimage.image.errors import Damaged, Unbounded

if TYPE_CHECKING:
    from reimage.image.config import Configuration, HistoryEntry
    from reimage.image.layers import LayerContent
    from reimage.image.limits import Limits


def check_number(layers: int, configuration: Configuration, limits: Limits) -> None:
    """Before any layer is read."""
    if layers > limits.layers:
        raise Unbounded(f"The image has {layers} layers; {limits.layers} are read.")
    known = len(configuration.diff_ids)
    if layers != known:
        raise Damaged(f"The image has {layers} layers, but its configuration knows {known}.")


def make_layers(
    contents: Sequence[LayerContent], media_types: Sequence[str], configuration: Configuration
) -> tuple[Layer, ...]:
    """Layers with their steps. Damaged where one is not what the configuration promises."""
    steps = layer_steps(configuration.history, len(contents))
    each = zip(contents, media_types, configuration.diff_ids, steps, strict=True)
    return tuple(_layer(index, *parts) for index, parts in enumerate(each))


def layer_steps(history: Sequence[HistoryEntry], layers: int) -> Sequence[HistoryEntry | None]:
    """The step of each layer. Where the numbers differ any mapping would be a guess."""
    steps = [step for step in history if not step.empty]
    return steps if len(steps) == layers else [None] * layers


def _layer(
    index: int, content: LayerContent, media_type: str, diff_id: str, step: HistoryEntry | None
) -> Layer:
    if content.diff_id != diff_id:
        raise Damaged(f"Layer {index + 1} was promised as {diff_id}, but is {content.diff_id}.")
    return Layer(
        index,
        content.digest,
        diff_id,
        media_type,
        content.compression,
        None if content.compression == "none" else content.stored_size,
        content.unpacked_size,
        sum(entry.size for entry in content.entries if entry.is_file),
        content.entries,
        step,
    )
