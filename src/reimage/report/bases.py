"""Images that may do in place of one, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from reimage.model.scans.counts import Counts
from reimage.pipeline.bases_results import BasesReport, CandidateReport, ImageReport
from reimage.report.pieces import Line, Piece, line, wrapped
from reimage.report.visible import visible

_MEGABYTE = 1_000_000
_INDENT = 6


def bases_lines(found: BasesReport, width: int) -> Iterator[Line]:
    """The image itself, then a paragraph for each candidate, the best first."""
    yield from _head((), found.origin, "", width)
    yield from _vulnerabilities(found.origin, width)
    for candidate in found.candidates:
        yield line("")
        yield from _candidate(candidate, width)
    if found.missing:
        yield line("")
    for missing in found.missing:
        text = f"not there: {visible(missing.reference)} ({visible(missing.reason)})"
        yield from wrapped((), text, width=width, indent=_INDENT)


def note_lines(found: BasesReport, width: int) -> Iterator[Line]:
    """What is not known, and what is too much, for the standard error."""
    for sentence in found.too_many:
        yield from wrapped(
            (), visible(f"{found.origin.reference} {sentence}."), width=width, indent=0
        )
    for note in found.notes:
        yield from wrapped((), visible(note), width=width, indent=0)


def bases_json(found: BasesReport, tool_version: str) -> str:
    """The same as a document, field by field."""
    told = {"version": 0, "tool_version": tool_version, **asdict(found)}
    return json.dumps(told, indent=2) + "\n"


def _candidate(candidate: CandidateReport, width: int) -> Iterator[Line]:
    number = "  -" if candidate.rank is None else f"{candidate.rank:>3}"
    yield from _head((Piece(f"{number}  ", "cyan"),), candidate.image, candidate.kind, width)
    yield from _vulnerabilities(candidate.image, width)
    if candidate.aliases:
        text = f"also called {', '.join(map(visible, candidate.aliases))}"
        yield from wrapped((Piece(" " * _INDENT),), text, width=width, indent=_INDENT)
    for sign, style, reasons in (("+", "green", candidate.pros), ("-", "red", candidate.cons)):
        if reasons:
            head = (Piece(" " * (_INDENT - 1)), Piece(f"{sign} ", style))
            text = visible("; ".join(reasons))
            yield from wrapped(head, text, width=width, indent=_INDENT + 1)


def _head(start: Line, image: ImageReport, kind: str, width: int) -> Iterator[Line]:
    """The name, and its figures in the same line where there is room."""
    name, figures = visible(image.reference), _figures(image)
    told = f"  [{kind}]" if kind else ""
    head = (*start, Piece(name, "bold"), Piece(told))
    used = sum(len(piece.text) for piece in head)
    if figures and used + 2 + len(figures) <= width:
        yield (*head, Piece(f"  {figures}"))
        return
    yield head
    if figures:
        yield from wrapped((Piece(" " * _INDENT),), figures, width=width, indent=_INDENT)


def _vulnerabilities(image: ImageReport, width: int) -> Iterator[Line]:
    found = image.vulnerabilities
    if found is None:
        return
    counts = Counts(*(getattr(found, name) for name in Counts._fields))
    text = visible(f"{counts}, says {found.scanner}")
    yield from wrapped((Piece(" " * _INDENT),), text, width=width, indent=_INDENT)


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
    return ", ".join(parts)
