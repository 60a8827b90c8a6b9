"""Annotations for GitHub Actions: commands that the runner reads from the standard output."""

from collections.abc import Iterator, Sequence

from reimage.pipeline.results import FileReport, RewriteReport, Status
from reimage.report.visible import visible

_LEVELS = {
    Status.SUGGESTED: "warning",
    Status.PROVEN: "warning",
    Status.WRITTEN: "notice",
    Status.HELD_BACK: "notice",
}


def annotations(reports: Sequence[FileReport]) -> str:
    """A line per rewrite and per error. What was dropped is our affair, not the reader's."""
    return "".join(f"{each}\n" for report in reports for each in _of_file(report))


def _of_file(report: FileReport) -> Iterator[str]:
    if report.error is not None:
        yield command("error", report.error, file=report.path)
    for problem in report.problems:
        yield command("error", problem.message, file=report.path, line=problem.line)
    for violation in report.violations:
        yield command(
            "error", violation.message, file=report.path, line=violation.line, title="policy"
        )
    for rewrite in report.rewrites:
        if rewrite.status in _LEVELS:
            yield _rewrite(report.path, rewrite)


def _rewrite(path: str, rewrite: RewriteReport) -> str:
    return command(
        _LEVELS[rewrite.status],
        f"{rewrite.message} [{rewrite.claim}]",
        file=path,
        line=rewrite.line,
        endLine=rewrite.end_line,
        title=rewrite.name,
    )


def command(level: str, message: str, **properties: str | int) -> str:
    """A workflow command; `level` is error, warning or notice."""
    told = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{level} {told}::{_data(visible(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")
