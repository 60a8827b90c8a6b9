"""Budgets that are not held, where a reviewer meets them: GitHub annotations and SARIF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reimage.report.github import command
from reimage.report.images.comparison import told
from reimage.report.images.facts import facts
from reimage.report.json import dump
from reimage.report.sarif import location

if TYPE_CHECKING:
    from reimage.pipeline.images.comparison import BudgetReport, CompareReport

_RULES = {
    "max-size": "The image is larger than it may be",
    "max-growth": "The image grew by more than it may",
    "max-layers": "The image has more layers than it may",
    "max-waste": "The image wastes more than it may",
}


def comparison_annotations(report: CompareReport) -> str:
    """A notice with the figures, and an error for every budget that is not held."""
    figures = ", ".join(
        f"{each.name} {each.before} → {each.after}" for each in facts(report) if each.change
    )
    lines = [command("notice", figures, title="reimage compare")]
    for budget in report.budgets:
        if not budget.held:
            place: dict[str, str | int] = {}
            if report.after.dockerfile and budget.line is not None:
                place = {"file": report.after.dockerfile, "line": budget.line}
            lines.append(command("error", told(budget, report), **place, title=budget.name))
    return "".join(f"{each}\n" for each in lines)


def comparison_sarif(report: CompareReport) -> str:
    """A log with a result for every budget that is not held."""
    driver = {
        "name": "reimage",
        "version": report.tool_version,
        "semanticVersion": report.tool_version,
        "rules": [
            {"id": name, "shortDescription": {"text": text}} for name, text in _RULES.items()
        ],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(budget, report) for budget in report.budgets if not budget.held],
    }
    address = "https://json.schemastore.org/sarif-2.1.0.json"
    return dump({"$schema": address, "version": "2.1.0", "runs": [run]})


def _result(budget: BudgetReport, report: CompareReport) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ruleId": budget.name,
        "level": "error",
        "message": {"text": told(budget, report)},
        "properties": {"actual": budget.actual, "allowed": budget.allowed},
    }
    if report.after.dockerfile and budget.line is not None:
        found["locations"] = [location(report.after.dockerfile, budget.line)]
    return found
