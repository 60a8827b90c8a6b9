"""The way in for programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from reimage.dockerfile.interop import is_parser, parser_path, parser_source, replace_parser_source
from reimage.pipeline.optimize import optimize_file, optimize_text
from reimage.pipeline.options import Options
from reimage.pipeline.results import FileReport
from reimage.text import decode, encode

if TYPE_CHECKING:
    from reimage.dockerfile.interop import DockerfileParser

Subject = TypeVar("Subject", str, bytes, Path, "DockerfileParser")


class NotOptimized(ValueError):
    """The Dockerfile could not be read or BuildKit would reject it; `report` has all there is."""

    def __init__(self, report: FileReport) -> None:
        first = report.problems[0] if report.problems else None
        where = f"{report.path}:{first.line}: {first.message}" if first else report.path
        super().__init__(report.error or where)
        self.report = report


def optimize(subject: Subject, options: Options | None = None) -> tuple[Subject, FileReport]:
    """Optimize a Dockerfile and give back the same kind of thing, with the report.

    `subject` is the text of a Dockerfile (`str` or `bytes`), the path of one, or a
    `dockerfile_parse.DockerfileParser`. A path is only written to with `options.write`, and comes
    back as it is; a parser comes back with its content replaced. Raises NotOptimized when the file
    is not one that BuildKit accepts.
    """
    options = options or Options()
    if isinstance(subject, Path):
        report = _checked(optimize_file(subject, options))
        return subject, report
    if isinstance(subject, str):
        report, data = optimize_text(encode(subject), name="Dockerfile", options=options)
        _checked(report)
        return decode(data), report
    if isinstance(subject, bytes):
        report, data = optimize_text(subject, name="Dockerfile", options=options)
        _checked(report)
        return data, report
    if is_parser(subject):
        name = parser_path(subject)
        report, data = optimize_text(parser_source(subject), name=name, options=options)
        _checked(report)
        replace_parser_source(subject, data)
        return subject, report
    kind = type(subject).__name__
    raise TypeError(f"expected a str, bytes, Path or DockerfileParser, not {kind}")


def _checked(report: FileReport) -> FileReport:
    if report.failed:
        raise NotOptimized(report)
    return report


__all__ = ["NotOptimized", "Options", "optimize"]
