"""Images that may do in place of one, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from reimage.pipeline.bases import BasesReport, CandidateReport, ImageReport
from reimage.report.pieces import Line, Piece, line, wrapped
from reimage.report.visible import visible

_MEGABYTE = 1_000_000
_INDENT = 6


def bases_lines(found: BasesReport, width: int) -> Iterator[Line]:
    """The image itself, then a paragraph for each candidate, the best first."""
    yield (Piece(visible(found.origin.reference), "bold"), Piece(_figures(found.origin)))
    for candidate in found.candidates:
        yield line("")
        yield from _candidate(candidate, width)
    if found.missing:
        yield line("")
    for missing in found.missing:
        text = f"not there: {visible(missing.reference)} ({visible(missing.reason)})"
        yield from wrapped((), text, width=width, indent=_INDENT)


def note_lines(found: BasesReport, width: int) -> Iterator[Line]:
    """What is not known, for the standard error."""
    for note in found.notes:
        yield from wrapped((), visible(note), width=width, indent=0)


def bases_json(found: BasesReport, tool_version: str) -> str:
    """The same as a document; `docs/schema/bases.schema.json` describes it."""
    told = {"version": 0, "tool_version": tool_version, **asdict(found)}
    return json.dumps(told, indent=2) + "\n"


def _candidate(candidate: CandidateReport, width: int) -> Iterator[Line]:
    number = "  -" if candidate.rank is None else f"{candidate.rank:>3}"
    yield (
        Piece(f"{number}  ", "cyan"),
        Piece(visible(candidate.image.reference), "bold"),
        Piece(f"  [{candidate.kind}]{_figures(candidate.image)}"),
    )
    if candidate.aliases:
        text = f"also called {', '.join(map(visible, candidate.aliases))}"
        yield from wrapped((Piece(" " * _INDENT),), text, width=width, indent=_INDENT)
    for sign, style, reasons in (("+", "green", candidate.pros), ("-", "red", candidate.cons)):
        if reasons:
            head = (Piece(" " * (_INDENT - 1)), Piece(f"{sign} ", style))
            text = visible("; ".join(reasons))
            yield from wrapped(head, text, width=width, indent=_INDENT + 1)


def _figures(image: ImageReport) -> str:
    parts = []
    if image.size is not None:
        parts.append(f"{image.size / _MEGABYTE:.1f} MB")
    if image.layers is not None:
        parts.append(f"{image.layers} {'layer' if image.layers == 1 else 'layers'}")
    if image.family:
        parts.append(visible(f"{image.family} {image.release}".strip()))
    if image.created:
        parts.append(image.created[:10])
    return f"  {', '.join(parts)}" if parts else ""
