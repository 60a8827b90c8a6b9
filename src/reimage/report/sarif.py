"""A run as SARIF 2.1.0, for code scanning.

No fixes: SARIF applies them one by one, while our edits hold only together with those they build
on. The patch is in the other formats.
"""

import os
import urllib.parse
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any

from reimage.pipeline.results import FileReport, RewriteReport, RunReport, Status
from reimage.report.json import dump
from reimage.report.visible import visible
from reimage.rewriting.transformation import Claim, Transformation

_SYNTAX = "dockerfile-syntax"
_POLICY = "policy"
_LEVELS = {
    Status.SUGGESTED: "warning",
    Status.PROVEN: "warning",
    Status.WRITTEN: "note",
    Status.HELD_BACK: "note",
}


def as_sarif(run: RunReport, transformations: Sequence[Transformation]) -> str:
    """The log of one run. `transformations` become its rules."""
    driver = {
        "name": "reimage",
        "version": run.tool_version,
        "semanticVersion": run.tool_version,
        "rules": [_syntax_rule(), _policy_rule(), *map(_rule, transformations)],
    }
    errors = [_notification(report) for report in run.files if report.error is not None]
    one = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not errors, "toolExecutionNotifications": errors}],
        "results": [result for report in run.files for result in _results(report)],
    }
    address = "https://json.schemastore.org/sarif-2.1.0.json"
    return dump({"$schema": address, "version": "2.1.0", "runs": [one]})


def _rule(transformation: Transformation) -> dict[str, Any]:
    return {
        "id": transformation.title,
        "shortDescription": {"text": transformation.summary or transformation.title},
        "help": {"text": transformation.doc or transformation.title},
        "defaultConfiguration": {
            "enabled": transformation.alternative_to is None,
            "level": "note" if transformation.claim is Claim.CHANGES_BEHAVIOUR else "warning",
        },
        "properties": {"claim": transformation.claim.label},
    }


def _syntax_rule() -> dict[str, Any]:
    text = "BuildKit rejects this place of the Dockerfile; the file is left as it is."
    return {
        "id": _SYNTAX,
        "shortDescription": {"text": "The Dockerfile does not parse"},
        "help": {"text": text},
        "defaultConfiguration": {"level": "error"},
    }


def _policy_rule() -> dict[str, Any]:
    text = "The configuration has a table [policy], which does not allow this image."
    return {
        "id": _POLICY,
        "shortDescription": {"text": "The policy does not allow the image"},
        "help": {"text": text},
        "defaultConfiguration": {"level": "error"},
    }


def _results(report: FileReport) -> Iterator[dict[str, Any]]:
    for problem in report.problems:
        yield {
            "ruleId": _SYNTAX,
            "level": "error",
            "message": {"text": visible(problem.message)},
            "locations": [location(report.path, problem.line)],
        }
    for violation in report.violations:
        yield {
            "ruleId": _POLICY,
            "level": "error",
            "message": {"text": visible(violation.message)},
            "locations": [location(report.path, violation.line)],
        }
    for rewrite in report.rewrites:
        if rewrite.status in _LEVELS:
            yield _result(report.path, rewrite)


def _result(path: str, rewrite: RewriteReport) -> dict[str, Any]:
    told = {"claim": rewrite.claim, "evidence": rewrite.evidence, "status": rewrite.status}
    return {
        "ruleId": rewrite.name,
        "level": _LEVELS[rewrite.status],
        "message": {"text": visible(rewrite.message)},
        "locations": [location(path, rewrite.line, rewrite.end_line)],
        "partialFingerprints": {"reimageRewrite/v1": visible(rewrite.id)},
        "properties": told,
    }


def _notification(report: FileReport) -> dict[str, Any]:
    return {
        "level": "error",
        "message": {"text": visible(report.error or "")},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(report.path)}}}],
    }


def location(path: str, first: int, last: int | None = None) -> dict[str, Any]:
    """Lines `first` to `last` of a file."""
    region = {"startLine": first} if last is None else {"startLine": first, "endLine": last}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(path)}, "region": region}}


def _uri(path: str) -> str:
    parts = PurePath(path)
    quoted = urllib.parse.quote(os.fsencode(parts.as_posix()))
    return f"file://{quoted}" if parts.is_absolute() else quoted
