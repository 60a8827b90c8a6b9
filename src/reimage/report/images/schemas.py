"""JSON Schemas of what `inspect` and `compare` write."""

from typing import Any

from reimage.pipeline.images.comparison import CompareReport
from reimage.pipeline.images.results import InspectReport
from reimage.report.images.documents import VERSION
from reimage.report.json_schema import schema_of


def inspect_schema() -> dict[str, Any]:
    """Of `inspect --format json`."""
    return schema_of(InspectReport, "reimage inspect --format json", VERSION)


def compare_schema() -> dict[str, Any]:
    """Of `compare --format json`."""
    return schema_of(CompareReport, "reimage compare --format json", VERSION)
