"""Which images of a Dockerfile the configured policy does not allow."""

from __future__ import annotations

from reimage.dockerfile import Dockerfile
from reimage.model import Facts
from reimage.model.images.policy import Policy, violations
from reimage.model.images.references import NoReference, parse_reference
from reimage.pipeline.results import ViolationReport


def violation_reports(
    tree: Dockerfile, policy: Policy, named_contexts: frozenset[str]
) -> tuple[ViolationReport, ...]:
    """Each image of `tree` that breaks the policy. One that can't be told breaks it, too: a policy
    that a variable gets around is none."""
    if policy._replace(max_vulnerabilities=()) == Policy():
        return ()
    # Most projects have no policy.
    from reimage.model.images.places import Place, image_places, is_named

    found: dict[ViolationReport, None] = {}
    for place in image_places(Facts(tree)):
        line = tree.lines.line(place.at.start)
        if not isinstance(place, Place):
            text = f"which image this is can't be held to the policy: {place.message}"
            found[ViolationReport(line, text)] = None
            continue
        image = parse_reference(place.reference)
        if not isinstance(image, NoReference) and not is_named(place.reference, named_contexts):
            found |= {ViolationReport(line, each): None for each in violations(image, policy)}
    return tuple(found)
