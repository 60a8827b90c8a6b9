"""Reports of scanners: which format it is, which image it is about, and what was counted.

Formats: Trivy's and Grype's own JSON, CycloneDX with vulnerabilities (Trivy, Grype, or a statement
of a vendor), and SARIF of Trivy, Grype and Docker Scout. A report that does not say that packages
were looked at is refused: no findings would look like no vulnerabilities.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote

from reimage.model.images.references import NoReference, Reference, parse_reference
from reimage.model.scans.counts import Counts, counted
from reimage.text import late

_DIGEST = late(r"sha256:[0-9a-f]{64}")

Table = dict[str, object]


class Scan(NamedTuple):
    """What a scanner said of one image.

    `names` are the image as the report calls it, `digests` all that it names of it: of an index, a
    manifest or a configuration. `repository_digests` are those by which a registry knows it.
    """

    scanner: str
    names: tuple[Reference, ...]
    digests: frozenset[str]
    repository_digests: frozenset[str]
    counts: Counts


class Unreadable(NamedTuple):
    """A report that counts for nothing, and why: a clause with the report as its subject."""

    reason: str


def read_report(data: bytes) -> Scan | Unreadable:
    """The report in `data`, of whichever format it is."""
    try:
        told: object = json.loads(data)
    except (ValueError, RecursionError):
        return Unreadable("is not JSON")
    if isinstance(told, dict):
        if "SchemaVersion" in told and "ArtifactName" in told:
            return _trivy(told)
        if "matches" in told and "source" in told:
            return _grype(told)
        if told.get("bomFormat") == "CycloneDX":
            return _cyclonedx(told)
        if isinstance(told.get("runs"), list):
            from reimage.model.scans.sarif import read_sarif

            return read_sarif(told)
    return Unreadable("is of no format that is known (Trivy, Grype, CycloneDX, SARIF)")


def _trivy(told: Table) -> Scan | Unreadable:
    if told.get("ArtifactType") not in ("container_image", None):
        return Unreadable("is not about an image")
    results = rows(told.get("Results"))
    if not any(each.get("Class") in ("os-pkgs", "lang-pkgs") for each in results):
        return Unreadable("does not say that packages were looked at")
    metadata = table(told.get("Metadata"))
    findings = [
        (
            text(each.get("VulnerabilityID")),
            f"{text(each.get('PkgName'))} {text(each.get('InstalledVersion'))}",
            text(each.get("Severity")),
        )
        for result in results
        for each in rows(result.get("Vulnerabilities"))
    ]
    names = [told.get("ArtifactName"), *texts(metadata.get("RepoTags"))]
    known = texts(metadata.get("RepoDigests"))
    return scan("Trivy", names, [metadata.get("ImageID")], known, counted(findings))


def _grype(told: Table) -> Scan | Unreadable:
    source = table(told.get("source"))
    target = source.get("target")
    if source.get("type") != "image" or not isinstance(target, dict):
        return Unreadable("is not about an image")
    findings = []
    for match in rows(told.get("matches")):
        vulnerability, artifact = table(match.get("vulnerability")), table(match.get("artifact"))
        package = f"{text(artifact.get('name'))} {text(artifact.get('version'))}"
        findings.append(
            (text(vulnerability.get("id")), package, text(vulnerability.get("severity")))
        )
    names = [target.get("userInput"), *texts(target.get("tags"))]
    others = [target.get("imageID"), target.get("manifestDigest")]
    return scan("Grype", names, others, texts(target.get("repoDigests")), counted(findings))


_NOT_AFFECTED = ("not_affected", "false_positive", "resolved", "resolved_with_pedigree")


def _cyclonedx(told: Table) -> Scan | Unreadable:
    if not isinstance(told.get("vulnerabilities"), list):
        return Unreadable("lists no vulnerabilities, not even none: was it made with a scan?")
    findings = []
    for each in rows(told["vulnerabilities"]):
        if table(each.get("analysis")).get("state") in _NOT_AFFECTED:
            continue
        affected = [text(one.get("ref")) for one in rows(each.get("affects"))] or [""]
        severities = [text(one.get("severity")) for one in rows(each.get("ratings"))] or [""]
        findings += [
            (text(each.get("id")), package, severity)
            for package in affected
            for severity in (_known(severities) or severities)
        ]
    component = table(table(told.get("metadata")).get("component"))
    known = [unquote(text(component.get(key))) for key in ("bom-ref", "purl", "version")]
    properties = rows(component.get("properties"))
    known += [text(each.get("value")) for each in properties if "Digest" in text(each.get("name"))]
    others = [text(each.get("value")) for each in properties]
    name, version = text(component.get("name")), text(component.get("version"))
    names = [name, *([f"{name}:{version}"] if version and ":" not in version else [])]
    return scan("CycloneDX", names, others, known, counted(findings))


def _known(severities: list[str]) -> list[str]:
    return [each for each in severities if each and each.lower() not in ("unknown", "none", "info")]


def scan(
    scanner: str,
    names: Iterable[object],
    others: Iterable[object],
    known: Iterable[str],
    counts: Counts,
) -> Scan:
    """A scan, by whatever the report calls the image. `known` are texts with digests in them."""
    parsed = [parse_reference(text(each)) for each in names if text(each)]
    references = [each for each in parsed if not isinstance(each, NoReference)]
    repository = {found for each in known for found in _DIGEST.findall(each)}
    repository |= {each.digest for each in references if each.digest}
    rest = {found for each in others for found in _DIGEST.findall(text(each))}
    return Scan(
        scanner,
        tuple(dict.fromkeys(each._replace(digest=None) for each in references)),
        frozenset(repository | rest),
        frozenset(repository),
        counts,
    )


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def table(value: object) -> Table:
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Table]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
