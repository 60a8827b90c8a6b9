"""`reimage bases --scan`: what scanners reported decides, and is never made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.cli import test_bases
from tests.cli.test_bases import Bases, candidate, ranking, told
from tests.model.test_scans import GRYPE, TRIVY
from tests.registry.fake_registry import FakeRegistry, digest_of

if TYPE_CHECKING:
    from typer.testing import Result

fake = test_bases.fake
bases = test_bases.bases
LOW, HIGH, CRITICAL = "LOW", "HIGH", "CRITICAL"
OTHER = f"sha256:{'9' * 64}"


def trivy(name: str, *severities: str, digest: str = "") -> dict[str, Any]:
    found = [
        {"VulnerabilityID": f"CVE-{number}", "PkgName": "x", "Severity": severity}
        for number, severity in enumerate(severities)
    ]
    return {
        **TRIVY,
        "ArtifactName": name,
        "Metadata": {"RepoDigests": [f"x@{digest}"] if digest else []},
        "Results": [{"Class": "os-pkgs", "Vulnerabilities": found}],
    }


def put(path: str, document: object) -> str:
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text(json.dumps(document))
    return path


def noted(done: Result) -> str:
    return " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--scan=missing.json"], "missing.json"),
        (["--scan=bad.json"], "bad.json is not JSON."),
        (["--scan=nameless.json"], "nameless.json does not say which image it is about: write"),
        (["--scan=A B=nameless.json"], "A B is no image"),
        (["--max-vulnerabilities=severe=0"], "--max-vulnerabilities takes critical, high, medium"),
        (["--max-vulnerabilities=high"], "--max-vulnerabilities takes NAME=VALUE, not 'high'."),
        (["--max-vulnerabilities=high=few"], "takes a number of vulnerabilities, not 'few'."),
    ],
)
def test_what_can_not_be_used(bases: Bases, words: list[str], sentence: str) -> None:
    Path("bad.json").write_text("{")
    put("nameless.json", trivy(""))
    done = bases("python:3.12", *words)
    assert done.exit_code == 2
    assert sentence in noted(done)
    assert done.stdout == ""


def test_without_a_report_nothing_is_counted(bases: Bases) -> None:
    done = bases("python:3.12", "--format=json")
    assert told(done)["origin"]["vulnerabilities"] is None
    assert all(each["image"]["vulnerabilities"] is None for each in told(done)["candidates"])
    assert "vulnerabilit" not in bases("python:3.12").stdout


def test_counts_stand_beside_sizes_and_are_reasons(bases: Bases) -> None:
    put("scans/full.json", trivy("python:3.12", *[HIGH] * 3, CRITICAL, *[LOW] * 5))
    put("scans/slim.json", trivy("python:3.12-slim", HIGH, HIGH))
    put("scans/readme.json", {"scans": "of today"})
    done = bases("python:3.12", "--format=json", "--scan=scans")
    assert done.exit_code == 0
    slim = candidate(done, "python:3.12-slim")
    assert slim["image"]["vulnerabilities"] == {
        "critical": 0, "high": 2, "medium": 0, "low": 0, "negligible": 0, "unknown": 0,
        "total": 2, "scanner": "Trivy", "report": "scans/slim.json",
    }  # fmt: skip
    assert "has 2 known vulnerabilities (2 high) instead of 9" in slim["pros"]
    assert candidate(done, "python:3.12-alpine")["image"]["vulnerabilities"] is None
    assert told(done)["origin"]["vulnerabilities"]["total"] == 9
    assert "scans/readme.json is of no format that is known" in noted(done)
    text = bases("python:3.12", "--scan=scans").stdout
    assert "9 known vulnerabilities (1 critical, 3 high, 5 low), says Trivy" in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_fewer_severe_ones_come_before_fewer_bytes(bases: Bases) -> None:
    small = put("small.json", trivy("nginx:1.27-alpine-slim", CRITICAL))
    large = put("large.json", trivy("nginx:1.27-alpine", *[LOW] * 30))
    done = bases("nginx:1.27", "--format=json", f"--scan={small}", f"--scan={large}")
    assert ranking(done) == ["nginx:1.27-alpine", "nginx:1.27-alpine-slim"]


def test_a_limit_excludes_what_has_more_and_what_was_not_scanned(bases: Bases) -> None:
    put("scans/slim.json", trivy("python:3.12-slim", CRITICAL))
    put("scans/alpine.json", trivy("python:3.12-alpine", HIGH))
    words = ["python:3.12", "--format=json", "--scan=scans", "--max-vulnerabilities=critical=0"]
    done = bases(*words)
    assert done.exit_code == 0
    ranks = {e["image"]["reference"]: e["rank"] for e in told(done)["candidates"]}
    assert {name for name, rank in ranks.items() if rank} == {"python:3.12-alpine"}
    slim = candidate(done, "python:3.12-slim")
    assert slim["cons"][0] == "has 1 critical vulnerability, and 0 are allowed"
    ubuntu = candidate(done, "ubuntu/python:3.12-24.04")
    assert ubuntu["cons"][0] == "was not scanned, and the number of vulnerabilities is limited"
    assert all(each["rank"] for each in told(bases(*words, "--no-policy"))["candidates"])


def test_an_image_that_has_too_many_itself_ends_with_1(bases: Bases) -> None:
    words = ["python:3.12", f"--scan={put('report.json', trivy('python:3.12', CRITICAL, HIGH))}"]
    Path("reimage.toml").write_text("[policy]\nmax-vulnerabilities = { critical = 0, high = 9 }\n")
    done = bases(*words)
    assert done.exit_code == 1
    assert "python:3.12 has 1 critical vulnerability, and 0 are allowed." in noted(done)
    assert bases(*words, "--max-vulnerabilities=critical=1").exit_code == 0
    assert bases(*words, "--no-policy").exit_code == 0


def test_a_limit_in_the_configuration_is_a_number(bases: Bases) -> None:
    Path("reimage.toml").write_text("[policy]\nmax-vulnerabilities = { critical = true }\n")
    done = bases("python:3.12")
    assert done.exit_code == 2
    assert "policy.max-vulnerabilities.critical must be a number" in noted(done)


def test_a_report_is_matched_by_digest_and_not_by_name_alone(
    bases: Bases, fake: FakeRegistry
) -> None:
    now = fake.manifest("library/python", "3.12-slim")
    assert now
    by_digest = put("a.json", trivy("registry.example.org/x:1", HIGH, digest=digest_of(now[1])))
    done = bases("python:3.12", "--format=json", f"--scan={by_digest}")
    assert candidate(done, "python:3.12-slim")["image"]["vulnerabilities"]["total"] == 1
    stale = put("b.json", trivy("python:3.12-slim", HIGH, digest=OTHER))
    done = bases("python:3.12", "--format=json", f"--scan={stale}")
    assert candidate(done, "python:3.12-slim")["image"]["vulnerabilities"] is None
    assert "b.json is about python:3.12-slim as it was, not as it is now, and" in noted(done)
    done = bases("python:3.12", "--format=json", f"--scan=python:3.12-slim={stale}")
    assert candidate(done, "python:3.12-slim")["image"]["vulnerabilities"]["total"] == 1


def test_what_counts_for_nothing_is_named_and_scanners_are_not_mixed_in_silence(
    bases: Bases,
) -> None:
    put("scans/other.json", trivy("busybox:1", HIGH))
    put("scans/slim.json", trivy("python:3.12-slim", HIGH))
    target = {"userInput": "python:3.12-alpine"}
    put("scans/alpine.json", {**GRYPE, "source": {"type": "image", "target": target}})
    notes = noted(bases("python:3.12", "--scan=scans"))
    assert "scans/other.json is about busybox:1, none of these, and counts for nothing." in notes
    assert "The counts are of Grype and Trivy, which do not find the same." in notes


def test_offline_the_name_decides(bases: Bases, fake: FakeRegistry) -> None:
    report = put("a.json", trivy("python:3.12-slim", HIGH, digest=OTHER))
    done = bases("python:3.12", "--offline", "--format=json", f"--scan={report}")
    assert candidate(done, "python:3.12-slim")["image"]["vulnerabilities"]["high"] == 1
    assert fake.requests == []
