"""Builders, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from reimage.pipeline.builders import BuilderReport, Builders, CanDo
from reimage.report.pieces import Line, Piece, line, wrapped
from reimage.report.visible import visible

_LABEL = 14


def builders_lines(found: Builders, width: int) -> list[Line]:
    """A paragraph for each builder, then which one is used."""
    lines: list[Line] = []
    for report in found.builders:
        lines += [*_paragraph(report, width), line("")]
    return [*lines, *wrapped((), visible(found.choice), width=width, indent=0)]


def _paragraph(report: BuilderReport, width: int) -> Iterator[Line]:
    mark = "* " if report.chosen else "  "
    name = visible(report.url or report.source)
    yield (Piece(mark + name, "bold"),)
    yield from _row("found as", report.source, width)
    if report.can is None:
        yield from _row("not reached", report.problem, width, "red")
    else:
        for label, text in _abilities(report.can):
            yield from _row(label, text, width)


def _abilities(can: CanDo) -> Iterator[tuple[str, str]]:
    yield "is", can.image_store
    yield "BuildKit", can.version or "does not tell its version"
    yield "exports", ", ".join(can.exporters)
    yield "writes caches", ", ".join(can.cache_exporters)
    yield "attestations", "yes" if can.attestations else "no"
    yield "platforms", ", ".join(can.platforms)
    yield "answers", ", ".join(name.removeprefix("frontend.") for name in can.subrequests)


def _row(label: str, text: str, width: int, style: str = "cyan") -> list[Line]:
    head = (Piece(f"    {label:<{_LABEL}}", style),)
    return wrapped(head, visible(text), width=width, indent=4 + _LABEL)


def builders_json(found: Builders, tool_version: str) -> str:
    """The same as a document."""
    told = {"version": 0, "tool_version": tool_version, "choice": found.choice}
    return (
        json.dumps({**told, "builders": [asdict(report) for report in found.builders]}, indent=2)
        + "\n"
    )
