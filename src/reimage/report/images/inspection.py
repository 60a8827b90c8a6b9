"""`reimage inspect` for the terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from reimage.pipeline.images.recipes import readable
from reimage.report.building.figures import seconds, size
from reimage.report.images.figures import share
from reimage.report.images.gutter import clipped, ended, gutter_lines
from reimage.report.pieces import Line, Piece, counted, line, wrapped
from reimage.report.visible import visible

if TYPE_CHECKING:
    from reimage.pipeline.images.results import (
        ClosureReport,
        ImageReport,
        InspectReport,
        LayerReport,
        Offender,
        SizedFile,
        WastedFile,
    )

_TOP = 8
_LISTED = 30
_BAR = 12
_SMALL = 0.01


def inspection_lines(
    report: InspectReport, text: str | None, width: int, *, layers: bool = False
) -> Iterator[Line]:
    """The whole report. `text` is that of the Dockerfile, where its lines fit."""
    yield from _title(report.image, width)
    for note in report.notes:
        yield from wrapped((Piece("note: ", "yellow"),), visible(note), width=width, indent=6)
    yield line("")
    yield from gutter_lines(report.image, text, width)
    if layers:
        yield from _layers(report.image.layers, width)
    yield from _offenders(report, width)
    if report.waste is not None:
        yield from _waste(report.waste, width)
    if report.files is not None:
        yield from _files(report.files, width)
    if report.closure is not None:
        yield from _closure(report.closure, width)


def _title(image: ImageReport, width: int) -> Iterator[Line]:
    yield (Piece(clipped(visible(image.name), width - 20), "bold"), Piece(f"  {image.platform}"))
    packed = image.compressed_size
    parts = [
        size(image.size),
        f"{size(packed)} compressed" if packed is not None else "",
        counted(len(image.layers), "layer"),
        f"{size(image.wasted)} wasted ({share(image.wasted, image.size)})",
    ]
    yield line(", ".join(filter(None, parts)))
    if image.build_seconds is not None:
        took = seconds(image.build_seconds)
        steps = counted(image.steps or 0, "step")
        yield line(f"built in {took}: {steps}, {image.cached_steps} cached")


def _heading(text: str) -> Iterator[Line]:
    yield line("")
    yield line(text, "bold")


def bar(part: int, whole: int, columns: int = _BAR) -> str:
    """A bar of at most `columns` blocks."""
    eighths = round(8 * columns * part / whole) if whole else 0
    full, rest = divmod(eighths, 8)
    return "█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")


def _layers(layers: tuple[LayerReport, ...], width: int) -> Iterator[Line]:
    yield from _heading("Layers")
    yield line("  #    size  packed   files  line", "dim")
    largest = max((layer.size for layer in layers), default=0)
    for number, layer in enumerate(layers, 1):
        packed = "?" if layer.compressed_size is None else size(layer.compressed_size)
        place = "" if layer.line is None else str(layer.line)
        head = (
            f"{number:3}{size(layer.size):>8}{packed:>8}{layer.files:>8}{place:>6}  "
            f"{bar(layer.size, largest).ljust(_BAR)} "
        )
        made = visible(readable(layer.created_by)) or layer.digest[:19]
        yield line(head + clipped(made, max(width - len(head), 10)))


def _offenders(report: InspectReport, width: int) -> Iterator[Line]:
    least = report.image.size * _SMALL / 10
    top = [each for each in report.offenders if each.size >= least][:_TOP]
    if not top:
        yield from _heading("Nothing worth mentioning is wasted.")
        return
    yield from _heading("Top offenders")
    for each in top:
        yield from _offender(each, width)
    rest = report.offenders[len(top) :]
    if rest:
        total = size(sum(each.size for each in rest))
        yield line(f"{total:>8}  in {counted(len(rest), 'smaller place')} (--waste lists them)")


def _offender(each: Offender, width: int) -> Iterator[Line]:
    head = (Piece(size(each.size).rjust(8), "yellow"), Piece("  "))
    where = f"line {each.line}" if each.line is not None else _layers_named(each.layers)
    text = f"{where}: {each.reason} ({counted(each.files, 'file')})"
    yield from wrapped(head, text, width=width, indent=10)
    yield line(f"          such as {ended(visible(each.example), width - 18)}", "dim")
    if each.cures:
        yield from wrapped(
            (Piece(" " * 10), Piece("cure: ", "green")),
            ", ".join(each.cures),
            width=width,
            indent=16,
        )
    elif each.line is None:
        yield line(" " * 10 + clipped(visible(each.instruction), width - 10), "dim")


def _layers_named(layers: tuple[int, ...]) -> str:
    first, last = layers[0] + 1, layers[-1] + 1
    return f"layer {first}" if first == last else f"layers {first} to {last}"


def _waste(found: tuple[WastedFile, ...], width: int) -> Iterator[Line]:
    sums: dict[str, list[int]] = defaultdict(list)
    for each in found:
        sums[each.kind].append(each.size)
    yield from _heading("Waste")
    for kind, sizes in sorted(sums.items(), key=lambda item: -sum(item[1])):
        yield line(f"{size(sum(sizes)):>8}  {kind} ({counted(len(sizes), 'file')})")
    yield line("")
    yield from _listed(
        ((each.size, each.line, f"{each.path}  ({each.kind})") for each in found), len(found), width
    )


def _files(found: tuple[SizedFile, ...], width: int) -> Iterator[Line]:
    yield from _heading(f"Files ({len(found)})")
    yield from _listed(((each.size, each.line, each.path) for each in found), len(found), width)


def _listed(found: Iterable[tuple[int, int | None, str]], count: int, width: int) -> Iterator[Line]:
    for number, (bytes_, place, text) in enumerate(found):
        if number == _LISTED:
            yield line(f"          … and {count - _LISTED} more (--format json lists all)", "dim")
            return
        where = "" if place is None else str(place)
        head = f"{size(bytes_):>8}{where:>6}  "
        yield line(head + ended(visible(text), width - len(head)))


def _closure(found: ClosureReport, width: int) -> Iterator[Line]:
    yield from _heading("What the command needs")
    yield line(clipped(visible(" ".join(found.command)) or "There is no command.", width))
    yield line(
        f"{size(found.size)} of {size(found.all_size)}, "
        f"{found.files} of {counted(found.all_files, 'file')}"
    )
    for missing in found.missing:
        if not missing.optional:
            text = f"{visible(missing.name)}, asked for by {visible(missing.by)}"
            yield from wrapped((Piece("missing: ", "red"),), text, width=width, indent=9)
    idle = [each for each in found.packages if not each.needed_files]
    if idle:
        yield line(f"{counted(len(idle), 'package')} of which it seems to need nothing:")
        rows = (
            (each.size or 0, None, f"{each.name} {each.version}  ({each.manager})") for each in idle
        )
        yield from _listed(rows, len(idle), width)
