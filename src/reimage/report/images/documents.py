"""`inspect` and `compare` as JSON: the named tuples of `pipeline.images`, field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reimage.report.json import as_fields, dump

if TYPE_CHECKING:
    from reimage.pipeline.images.comparison import CompareReport
    from reimage.pipeline.images.results import InspectReport

VERSION = 1
"""The version of these formats."""


def inspection_json(report: InspectReport) -> str:
    """The document, with a line feed at its end."""
    return dump({"version": VERSION, **as_fields(report)})


def comparison_json(report: CompareReport) -> str:
    """The document, with a line feed at its end."""
    return dump({"version": VERSION, **as_fields(report)})
