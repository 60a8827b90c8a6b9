"""A run of `optimize` as one page that needs nothing else: no network, no other file."""

from __future__ import annotations

from importlib.resources import files as resources
from typing import TYPE_CHECKING

from reimage.pipeline.results import Status
from reimage.report.patch import patch_lines
from reimage.report.proof_markdown import figures, notes, waterfall
from reimage.report.visible import visible

if TYPE_CHECKING:
    from reimage.pipeline.proving.results import BuildReport
    from reimage.pipeline.results import RunReport


def optimize_page(run: RunReport) -> str:
    """The page: per file the patch, why, and what the builds showed."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(visible=visible, patch_lines=patch_lines)
    source = resources("reimage.report").joinpath("proof_page.html.j2").read_text("utf-8")
    return environment.from_string(source).render(
        run=run,
        changing=(Status.SUGGESTED, Status.WRITTEN, Status.PROVEN),
        figures=figures,
        notes=notes,
        waterfall=waterfall,
        bars=bars,
        zip=zip,
    )


def bars(build: BuildReport) -> list[tuple[float, float, str]]:
    """Where each part of the waterfall begins and how wide it is, in percent, and whether it is
    `up` or `down`; the last one is what is left."""
    largest = max(build.before.size, build.after.size, 1)
    found, at = [], build.before.size
    for saving in build.savings:
        low = min(at, at + saving.size)
        way = "up" if saving.size > 0 else "down"
        found.append((_share(low, largest), _share(abs(saving.size), largest), way))
        at += saving.size
    found.append((0.0, _share(build.after.size, largest), "left"))
    return found


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 3)
