"""What `reimage bases` found, as data that every format reads."""

from __future__ import annotations

from dataclasses import dataclass

from reimage.model.images.comparing import Known
from reimage.pipeline.scans import Report


@dataclass(frozen=True, slots=True)
class VulnerabilitiesReport:
    """What the scanner's `report` counted."""

    critical: int
    high: int
    medium: int
    low: int
    negligible: int
    unknown: int
    total: int
    scanner: str
    report: str


@dataclass(frozen=True, slots=True)
class ImageReport:
    """An image. Sizes are bytes of compressed layers; None and "" are unknown. `vulnerabilities` is
    None where no scanner's report was given.

    `created` is as RFC 3339 writes it. `libc` is `glibc` or `musl`.
    """

    reference: str
    digest: str
    size: int | None
    layers: int | None
    created: str
    family: str
    release: str
    libc: str
    runtime: str
    runtime_version: str
    user: str
    vulnerabilities: VulnerabilitiesReport | None


@dataclass(frozen=True, slots=True)
class CandidateReport:
    """An image in place of another, and why (`pros`), or why not (`cons`).

    `rank` starts with 1; None for one that the policy excludes. `aliases` are tags for the same
    image. `same_libc` and `same_runtime` are None where that is not known.
    """

    image: ImageReport
    kind: str
    rank: int | None
    trusted: bool
    same_libc: bool | None
    same_runtime: bool | None
    pros: tuple[str, ...]
    cons: tuple[str, ...]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MissingReport:
    """A relative that no registry told about, and its words."""

    reference: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class BasesReport:
    """`notes` are sentences about what is not known. `failed` says that the registry of the image
    itself gave no answer, `too_many` where the image has more vulnerabilities than it may."""

    origin: ImageReport
    candidates: tuple[CandidateReport, ...]
    missing: tuple[MissingReport, ...]
    notes: tuple[str, ...]
    failed: bool
    too_many: tuple[str, ...] = ()


def image_report(known: Known, report: Report | None) -> ImageReport:
    """What is known of an image, and what a scanner reported."""
    facts, system, runtime = known.facts, known.system, known.runtime
    return ImageReport(
        str(known.image),
        facts.digest if facts else "",
        known.size,
        facts.layers if facts else None,
        known.created.isoformat() if known.created else "",
        system.family if system else "",
        system.release if system else "",
        system.libc if system else "",
        runtime.name if runtime else "",
        runtime.version if runtime else "",
        facts.user if facts else "",
        _vulnerabilities(report) if report else None,
    )


def _vulnerabilities(report: Report) -> VulnerabilitiesReport:
    counts = report.scan.counts
    return VulnerabilitiesReport(
        *counts, total=counts.total, scanner=report.scan.scanner, report=report.path
    )
