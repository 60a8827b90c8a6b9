"""Which images a project allows itself."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from reimage.model.images.references import LATEST, Reference


class Policy(NamedTuple):
    """Empty lists allow everything. Publishers are names in front of a repository, as
    `docker.io/library`; tags may be patterns such as `*-rc*`.

    `max_vulnerabilities` are numbers by severity; who has the report of a scanner judges them.
    """

    registries: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    forbidden_tags: tuple[str, ...] = ()
    require_digest: bool = False
    max_vulnerabilities: tuple[tuple[str, int], ...] = ()


def violations(image: Reference, policy: Policy) -> Iterator[str]:
    """What the policy has against an image, as sentences without a stop."""
    if policy.registries and image.domain not in policy.registries:
        yield f"{image} is of {image.domain}, which is none of the allowed registries"
    if policy.publishers and not is_from(image, policy.publishers):
        yield f"{image} is of none of the allowed publishers"
    tag = image.tag or (None if image.digest else LATEST)
    pattern = next((each for each in policy.forbidden_tags if fnmatchcase(tag or "", each)), None)
    if tag and pattern:
        yield f"{image} has the tag {tag}, which the policy forbids"
    if policy.require_digest and not image.digest:
        yield f"{image} has no digest, which the policy requires; `reimage pin` writes it"


def is_from(image: Reference, publishers: tuple[str, ...]) -> bool:
    """Whether the image is one of a publisher's: `ghcr.io/company` has `ghcr.io/company/app`."""
    return any(
        image.name == each.rstrip("/") or image.name.startswith(each.rstrip("/") + "/")
        for each in publishers
    )
