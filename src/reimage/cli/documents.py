"""A run as one document on the standard output, the same for `optimize` and `check`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reimage.cli.streams import Streams
    from reimage.pipeline.results import FileReport


def document(form: str, reports: "Sequence[FileReport]", streams: "Streams") -> int:
    """Print the document; errors are told on the standard error too. Returns the exit code."""
    from reimage.report.terminal import trouble_lines

    streams.document(_rendered(form, reports))
    for report in reports:
        streams.say(trouble_lines(report))
    return 2 if any(report.failed for report in reports) else 0


def _rendered(form: str, reports: "Sequence[FileReport]") -> str:
    from reimage import __version__
    from reimage.pipeline.results import RunReport

    run = RunReport(__version__, tuple(reports))
    if form == "json":
        from reimage.report.json import as_json

        return as_json(run)
    if form == "markdown":
        from reimage.report.markdown import as_markdown

        return as_markdown(run)
    if form == "html":
        from reimage.report.proof_page import optimize_page

        return optimize_page(run)
    if form == "github":
        from reimage.report.github import annotations

        return annotations(reports)
    assert form == "sarif", form
    from reimage.report.sarif import as_sarif
    from reimage.transforms import load

    return as_sarif(run, load())
