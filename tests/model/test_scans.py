"""What is read off the reports of scanners."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reimage.model.images.references import Reference
from reimage.model.scans.counts import Counts, counted, too_many
from reimage.model.scans.reports import Scan, Unreadable, read_report

INDEX, MANIFEST, CONFIG = (f"sha256:{digit * 64}" for digit in "abc")
PYTHON = Reference("docker.io", "library/python", "3.12")


def finding(identifier: str, package: str, severity: str) -> dict[str, str]:
    """As Trivy writes it."""
    return {
        "VulnerabilityID": identifier,
        "PkgName": package,
        "InstalledVersion": "2.36",
        "Severity": severity,
    }


def match(identifier: str, package: str, severity: str) -> dict[str, Any]:
    """As Grype writes it."""
    return {
        "vulnerability": {"id": identifier, "severity": severity},
        "artifact": {"name": package, "version": "2.36"},
    }


TRIVY: dict[str, Any] = {
    "SchemaVersion": 2,
    "ArtifactName": "python:3.12",
    "ArtifactType": "container_image",
    "Metadata": {
        "ImageID": CONFIG,
        "RepoTags": ["python:3.12"],
        "RepoDigests": [f"python@{INDEX}"],
    },
    "Results": [
        {
            "Target": "python:3.12 (debian 12.8)",
            "Class": "os-pkgs",
            "Vulnerabilities": [
                finding("CVE-2024-1", "libc6", "CRITICAL"),
                finding("CVE-2024-1", "libc-bin", "CRITICAL"),
                finding("CVE-2024-2", "perl-base", "LOW"),
            ],
        },
        {"Target": "Python", "Class": "lang-pkgs", "Type": "python-pkg"},
        {"Target": "/key.pem", "Class": "secret", "Secrets": [{"Severity": "HIGH"}]},
    ],
}
GRYPE: dict[str, Any] = {
    "matches": [
        match("CVE-2024-1", "libc6", "Critical"),
        match("CVE-2024-1", "libc6", "Critical"),
        match("CVE-2024-3", "apt", "Negligible"),
    ],
    "ignoredMatches": [match("CVE-2024-9", "apt", "High")],
    "source": {
        "type": "image",
        "target": {
            "userInput": "docker.io/library/python:3.12",
            "imageID": CONFIG,
            "manifestDigest": MANIFEST,
            "repoDigests": [f"index.docker.io/library/python@{INDEX}"],
            "tags": [],
        },
    },
}
CYCLONEDX: dict[str, Any] = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "metadata": {
        "component": {
            "type": "container",
            "name": "python:3.12",
            "bom-ref": f"pkg:oci/python@sha256%3A{'a' * 64}?arch=amd64",
            "properties": [
                {"name": "aquasecurity:trivy:ImageID", "value": CONFIG},
                {"name": "aquasecurity:trivy:RepoDigest", "value": f"python@{INDEX}"},
            ],
        }
    },
    "vulnerabilities": [
        {
            "id": "CVE-2024-1",
            "ratings": [{"severity": "medium"}, {"severity": "high"}, {"severity": "none"}],
            "affects": [{"ref": "pkg:deb/libc6"}, {"ref": "pkg:deb/libc-bin"}],
        },
        {"id": "CVE-2024-4", "affects": [{"ref": "pkg:deb/apt"}]},
        {
            "id": "CVE-2024-5",
            "ratings": [{"severity": "critical"}],
            "analysis": {"state": "not_affected"},
            "affects": [{"ref": "pkg:deb/apt"}],
        },
    ],
}


def sarif(name: str, **more: Any) -> dict[str, Any]:
    rules = [
        {"id": "CVE-2024-1", "properties": {"tags": ["vulnerability", "security", "CRITICAL"]}},
        {"id": "CVE-2024-2", "properties": {"security-severity": "5.5", "tags": ["vulnerability"]}},
        {"id": "DS001", "properties": {"tags": ["misconfiguration", "security", "HIGH"]}},
    ]
    results = [
        {"ruleId": "CVE-2024-1", "message": {"text": "Package: libc6"}},
        {"ruleId": "CVE-2024-2", "message": {"text": "Package: apt"}},
        {"ruleId": "DS001", "message": {"text": "Artifact: x"}},
    ]
    run = {"tool": {"driver": {"name": name, "rules": rules}}, "results": results, **more}
    return {"version": "2.1.0", "runs": [run]}


OF_TRIVY = {"imageName": "python:3.12", "repoTags": [], "repoDigests": [f"python@{INDEX}"]}
UNKNOWN = "is of no format that is known (Trivy, Grype, CycloneDX, SARIF)"
UNSCANNED = "does not say that packages were looked at"


def read(document: object) -> Scan | Unreadable:
    return read_report(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([TRIVY], UNKNOWN),
        ({}, UNKNOWN),
        ({**TRIVY, "ArtifactType": "filesystem"}, "is not about an image"),
        ({**TRIVY, "Results": None}, UNSCANNED),
        ({**TRIVY, "Results": [{"Class": "secret"}]}, UNSCANNED),
        ({**GRYPE, "source": {"type": "directory", "target": "/"}}, "is not about an image"),
        (
            {**CYCLONEDX, "vulnerabilities": None},
            "lists no vulnerabilities, not even none: was it made with a scan?",
        ),
        (sarif("hadolint"), "is SARIF of no scanner of images that is known"),
        ({"runs": []}, "has no run of a scanner"),
    ],
)
def test_what_says_nothing_about_an_image_is_refused(document: object, reason: str) -> None:
    assert read(document) == Unreadable(reason)


@pytest.mark.parametrize("data", [b"", b"\xff", b"[" * 100_000, b"<xml/>"])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    assert read_report(data) == Unreadable("is not JSON")


@pytest.mark.parametrize(
    ("document", "counts", "digests"),
    [
        (TRIVY, Counts(critical=2, low=1), {INDEX, CONFIG}),
        (GRYPE, Counts(critical=1, negligible=1), {INDEX, MANIFEST, CONFIG}),
        (CYCLONEDX, Counts(high=2, unknown=1), {INDEX, CONFIG}),
        (sarif("Trivy", properties=OF_TRIVY), Counts(critical=1, medium=1), {INDEX}),
    ],
)
def test_an_image_and_its_counts(document: object, counts: Counts, digests: set[str]) -> None:
    found = read(document)
    assert isinstance(found, Scan)
    assert found.names == (PYTHON,)
    assert found.counts == counts
    assert found.digests == digests
    assert found.repository_digests == {INDEX}


def test_sarif_without_a_name_counts_all_the_same() -> None:
    found = read(sarif("grype"))
    assert isinstance(found, Scan)
    assert (found.names, found.counts) == ((), Counts(critical=1, high=1, medium=1))


def test_an_image_without_findings_is_not_one_without_a_scan() -> None:
    found = read({**TRIVY, "Results": [{"Class": "os-pkgs", "Target": "x"}]})
    assert isinstance(found, Scan)
    assert found.counts == Counts()


@pytest.mark.parametrize("document", [TRIVY, GRYPE, CYCLONEDX, sarif("Trivy")])
def test_no_strange_value_stops_the_reading(document: dict[str, Any]) -> None:
    values: list[object] = [None, 7, "x", [], [[]], {}, {"x": [7]}, [{"vulnerability": 7}]]
    for key in document:
        for strange in values:
            assert read({**document, key: strange})


def test_a_finding_counts_once_as_its_worst() -> None:
    findings = [("A", "p", "low"), ("A", "p", "HIGH"), ("A", "q", "weird"), ("A", "p", "low")]
    assert counted(findings) == Counts(high=1, unknown=1)


def test_limits() -> None:
    counts = Counts(critical=1, high=5, low=9)
    assert list(too_many(counts, {"critical": 1, "high": 5, "total": 15})) == []
    assert list(too_many(counts, {"critical": 0, "total": 14, "low": 9})) == [
        "has 1 critical vulnerability, and 0 are allowed",
        "has 15 vulnerabilities, and 14 are allowed",
    ]
