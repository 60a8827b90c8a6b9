"""An image as a report: its lines with what each added, its layers and configuration."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from reimage.image.trees.whiteouts import is_whiteout
from reimage.pipeline.images.recipes import Line, Step, lines_of, readable, steps_of
from reimage.pipeline.images.results import (
    ConfigReport,
    ImageReport,
    LayerReport,
    RowReport,
    TouchReport,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reimage.image.config import ImageConfig
    from reimage.image.waste.finding import Wasted
    from reimage.pipeline.images.subjects import Subject, Touch


class Places:
    """Where the layers of an image come from: lines of its Dockerfile, or steps."""

    def __init__(self, subject: Subject) -> None:
        steps = steps_of(subject.image)
        lines = lines_of(subject.recipe, steps) if subject.recipe else None
        self.fits = lines is not None
        self.lines = lines if lines is not None else [_alone(step) for step in steps]
        self._line_of_layer = {
            step.layer.index: line for line in self.lines for step in line.steps if step.layer
        }

    def line(self, layer: int | None) -> int | None:
        """The line that made a layer."""
        found = self._line_of_layer.get(layer) if layer is not None and self.fits else None
        return found.first if found else None

    def layers(self, layer: int) -> tuple[int, ...]:
        """All layers of the line that made this one."""
        return layers_of(self._line_of_layer[layer])

    def is_base(self, layer: int) -> bool:
        """Whether a layer came with FROM."""
        return self.fits and self._line_of_layer[layer].is_base

    def text(self, layer: int) -> str:
        """The instruction that made a layer."""
        return self._line_of_layer[layer].text


def layers_of(line: Line) -> tuple[int, ...]:
    """The layers that a line made."""
    return tuple(step.layer.index for step in line.steps if step.layer)


def _alone(step: Step) -> Line:
    text = readable(step.entry.created_by) if step.entry else ""
    if not text:
        text = f"a layer without history, {step.layer.digest[:19]}" if step.layer else "a step"
    return Line(0, 0, text, False, (step,))


def image_report(subject: Subject, places: Places, waste: Sequence[Wasted]) -> ImageReport:
    """Everything but the files."""
    image, built = subject.image, subject.built
    wasted = wasted_by_layer(waste)
    return ImageReport(
        name=subject.name,
        dockerfile=subject.recipe.path if subject.recipe and places.fits else None,
        digest=image.digest or image.config_digest,
        config_digest=image.config_digest,
        platform=str(image.platform),
        size=image.content_size,
        compressed_size=image.compressed_size,
        wasted=sum(wasted.values()),
        layers=_layers(subject, places, wasted),
        rows=_rows(subject, places, wasted),
        config=_config(image.config),
        build_seconds=round(built.seconds, 3) if built else None,
        cached_steps=built.cached if built else None,
        steps=built.steps if built else None,
        touched=_touched(subject.touched),
        build_again_seconds=round(subject.again.seconds, 3) if subject.again else None,
    )


def _touched(touch: Touch | None) -> TouchReport | None:
    if touch is None:
        return None
    seconds, steps, cached = touch.build
    return TouchReport(touch.path, round(seconds, 3), cached, steps, touch.new_bytes)


def wasted_by_layer(waste: Iterable[Wasted]) -> dict[int, int]:
    """Index of a layer → bytes in it that nobody needs."""
    sums: dict[int, int] = defaultdict(int)
    for each in waste:
        sums[each.layer] += each.size
    return sums


def _layers(subject: Subject, places: Places, wasted: dict[int, int]) -> tuple[LayerReport, ...]:
    return tuple(
        LayerReport(
            digest=layer.digest,
            size=layer.content_size,
            compressed_size=layer.compressed_size,
            line=places.line(layer.index),
            created_by=layer.history.created_by if layer.history else "",
            wasted=wasted.get(layer.index, 0),
            files=sum(each.is_file and not is_whiteout(each) for each in layer.entries),
        )
        for layer in subject.image.layers
    )


def _rows(subject: Subject, places: Places, wasted: dict[int, int]) -> tuple[RowReport, ...]:
    rows, total = [], 0
    for line in places.lines:
        layers = layers_of(line)
        added = sum(subject.image.layers[index].content_size for index in layers)
        total += added
        rows.append(
            RowReport(
                kind=_kind(line, places),
                line=line.first if places.fits else None,
                end_line=line.last if places.fits else None,
                text=line.text,
                layers=layers,
                added=added,
                wasted=sum(wasted.get(index, 0) for index in layers),
                total=total,
            )
        )
    return tuple(rows)


def _kind(line: Line, places: Places) -> str:
    if places.fits:
        return "base" if line.is_base else "instruction"
    return "step" if line.steps and line.steps[0].entry else "layer"


def _config(config: ImageConfig) -> ConfigReport:
    return ConfigReport(
        env=dict(config.env),
        entrypoint=config.entrypoint,
        cmd=config.cmd,
        user=config.user,
        workdir=config.workdir,
        ports=config.ports,
        volumes=config.volumes,
        labels=dict(config.labels),
        stop_signal=config.stop_signal,
        healthcheck=config.healthcheck.test if config.healthcheck else (),
        shell=config.shell,
        onbuild=config.onbuild,
    )
