"""`reimage compare` as one page that needs nothing else: no network, no other file."""

from __future__ import annotations

from importlib.resources import files as resources
from typing import TYPE_CHECKING, NamedTuple

from reimage.report.building.figures import size
from reimage.report.images import treemap
from reimage.report.images.comparison import told
from reimage.report.images.facts import facts, shown
from reimage.report.images.figures import signed
from reimage.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reimage.pipeline.images.comparison import CompareReport
    from reimage.pipeline.images.results import ImageReport, SizedFile

_MOST_ROWS = 2_000


class Bar(NamedTuple):
    """A layer in a stacked bar. `share` is in thousandths of the larger image."""

    share: float
    hue: int
    title: str


class FileRow(NamedTuple):
    """A row of the table of files. `bytes` sorts `change`."""

    path: str
    what: str
    change: str
    bytes: int


def comparison_page(report: CompareReport, files: Sequence[SizedFile]) -> str:
    """The page. `files` are those that containers of the image after see."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(size=size, signed=signed, visible=visible, shown=shown)
    source = resources("reimage.report.images").joinpath("page.html.j2").read_text("utf-8")
    rows = _rows(report)
    largest = max(report.before.size, report.after.size, 1)
    return environment.from_string(source).render(
        report=report,
        facts=facts(report),
        broken=[told(each, report) for each in report.budgets if not each.held],
        maps=[
            ("path", "by path", treemap.by_path(files)),
            ("line", "by line", treemap.by_line(files, report.after)),
        ],
        width=treemap.WIDTH,
        height=treemap.HEIGHT,
        bars=[
            ("before", report.before, _bars(report.before, largest)),
            ("after", report.after, _bars(report.after, largest)),
        ],
        files=rows[:_MOST_ROWS],
        left_out=max(len(rows) - _MOST_ROWS, 0),
    )


def _bars(image: ImageReport, largest: int) -> list[Bar]:
    return [
        Bar(
            round(1000 * layer.size / largest, 2),
            number * 47 % 360,
            f"layer {number + 1}, {size(layer.size)}: {visible(layer.created_by)[:200]}",
        )
        for number, layer in enumerate(image.layers)
    ]


def _rows(report: CompareReport) -> list[FileRow]:
    files = report.files
    rows = [FileRow(it.path, "added", signed(it.size), it.size) for it in files.added]
    rows += [FileRow(it.path, "removed", signed(-it.size), -it.size) for it in files.removed]
    rows += [
        FileRow(it.path, ", ".join(it.what), signed(it.after - it.before), it.after - it.before)
        for it in files.changed
    ]
    return sorted(rows, key=lambda it: (-abs(it.bytes), it.path))
