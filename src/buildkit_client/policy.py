"""Source policies: which sources a build may use, and what stands in for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from buildkit_client import messages

_ACTIONS = {"allow": 0, "deny": 1, "convert": 2}
_MATCHES = {"wildcard": 0, "exact": 1, "regex": 2}


@dataclass(frozen=True, slots=True)
class Rule:
    """For sources that match `identifier` (`docker-image://docker.io/library/*`).

    `convert` puts `replacement` in the place of the source and sets `attributes`.
    """

    action: Literal["allow", "deny", "convert"]
    identifier: str
    match: Literal["wildcard", "exact", "regex"] = "wildcard"
    replacement: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


def encode(rules: Iterable[Rule]) -> messages.SourcePolicy | None:
    """The message of some rules; none for none."""
    encoded = [_encode(rule) for rule in rules]
    return messages.SourcePolicy(version=1, rules=encoded) if encoded else None


def _encode(rule: Rule) -> messages.PolicyRule:
    identifier, match, replacement = rule.identifier, rule.match, rule.replacement
    if match == "exact" and replacement:
        # For an exact match BuildKit puts the identifier in the place of itself, and says nothing.
        identifier, match = f"^{re.escape(identifier)}$", "regex"
        replacement = replacement.replace("$", "$$")
    return messages.PolicyRule(
        action=_ACTIONS[rule.action],
        selector=messages.PolicySelector(identifier=identifier, match_type=_MATCHES[match]),
        updates=messages.PolicyUpdate(identifier=replacement, attrs=rule.attributes),
    )
