"""What a registry asks for when it answers 401: the header `WWW-Authenticate`.

Source: RFC 9110, section 11.6.1, and the token specification of github.com/distribution.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PARAMETER = re.compile(
    rf"""(?P<name>{_TOKEN})\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>{_TOKEN}))"""
)
_SCHEME = re.compile(rf"(?P<scheme>{_TOKEN})(?:\s+|$)")
_LONGEST = 8192


class Challenge(NamedTuple):
    """A way to sign in: `scheme` in lower case, and what to know for it, names in lower case."""

    scheme: str
    parameters: Mapping[str, str]


def read_challenges(header: str) -> tuple[Challenge, ...]:
    """All challenges of a header; what does not have the form ends the reading."""
    found: list[tuple[str, dict[str, str]]] = []
    text, at = header[:_LONGEST], 0
    while at < len(text):
        if text[at] in ", \t":
            at += 1
        elif found and (match := _PARAMETER.match(text, at)):
            quoted = match["quoted"]
            value = match["plain"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            found[-1][1].setdefault(match["name"].lower(), value)
            at = match.end()
        elif match := _SCHEME.match(text, at):
            found.append((match["scheme"].lower(), {}))
            at = match.end()
        else:
            break
    return tuple(Challenge(scheme, parameters) for scheme, parameters in found)
