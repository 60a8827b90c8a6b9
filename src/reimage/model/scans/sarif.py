"""SARIF of scanners of images. What linters write in this format is none of their reports."""

from __future__ import annotations

from reimage.model.scans.counts import SEVERITIES, counted
from reimage.model.scans.reports import Scan, Table, Unreadable, rows, scan, table, text, texts

_SCANNERS = ("trivy", "grype", "docker scout")
_BY_SCORE = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))


def read_sarif(told: Table) -> Scan | Unreadable:
    """All runs together; each must be a scanner's."""
    names: list[object] = []
    known: list[str] = []
    findings: list[tuple[str, str, str]] = []
    scanner = ""
    for run in rows(told.get("runs")):
        driver = table(table(run.get("tool")).get("driver"))
        scanner = text(driver.get("name"))
        if scanner.lower() not in _SCANNERS:
            return Unreadable("is SARIF of no scanner of images that is known")
        properties = table(run.get("properties"))
        names += [properties.get("imageName"), *texts(properties.get("repoTags"))]
        known += texts(properties.get("repoDigests"))
        rules = {text(each.get("id")): each for each in rows(driver.get("rules"))}
        for result in rows(run.get("results")):
            rule = rules.get(text(result.get("ruleId")), {})
            if _is_vulnerability(rule, scanner):
                findings.append(_finding(result, rule))
    if not scanner:
        return Unreadable("has no run of a scanner")
    return scan(scanner, names, [], known, counted(findings))


def _is_vulnerability(rule: Table, scanner: str) -> bool:
    """Trivy's are tagged; it reports secrets and bad configurations as well."""
    tags = texts(table(rule.get("properties")).get("tags"))
    return scanner.lower() != "trivy" or "vulnerability" in tags


def _finding(result: Table, rule: Table) -> tuple[str, str, str]:
    message = text(table(result.get("message")).get("text"))
    return (text(result.get("ruleId")), message, _severity(rule))


def _severity(rule: Table) -> str:
    properties = table(rule.get("properties"))
    words = [*texts(properties.get("tags")), text(properties.get("cvssV3_severity"))]
    named = next((each.lower() for each in words if each.lower() in SEVERITIES), "")
    if named:
        return named
    try:
        score = float(text(properties.get("security-severity")))
    except ValueError:
        return "unknown"
    return next((name for least, name in _BY_SCORE if score >= least), "unknown")
