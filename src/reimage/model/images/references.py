"""What the name of an image means, by the grammar of BuildKit and the registries.

Source: the documentation of github.com/distribution/reference (grammar and normalisation).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from reimage.image.digests import is_digest
from reimage.text import late

DOCKER_HUB = "docker.io"
LATEST = "latest"
_OFFICIAL = "library/"
_LONGEST_PATH = 255

_LABEL = "[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_WHOLE = late(
    rf"(?:(?P<domain>{_DOMAIN})/)?(?P<path>{_COMPONENT}(?:/{_COMPONENT})*)"
    rf"(?::(?P<tag>\w[\w.-]{{0,127}}))?(?:@(?P<digest>{_DIGEST}))?",
    re.ASCII,
)
_IDENTIFIER = late("[a-f0-9]{64}")


class Reference(NamedTuple):
    """A name with everything that is left out in writing: `docker.io/library/python`.

    `domain` may hold a port. `tag` and `digest` (`sha256:…`) are None where they are not written.
    """

    domain: str
    path: str
    tag: str | None = None
    digest: str | None = None

    @property
    def name(self) -> str:
        """Domain and path."""
        return f"{self.domain}/{self.path}" if self.domain else self.path

    @property
    def familiar_name(self) -> str:
        """The name as people write it: `python`."""
        if self.domain != DOCKER_HUB:
            return self.name
        official = self.path.removeprefix(_OFFICIAL)
        short = self.path if "/" in official else official
        # A folder that looks like a domain would be taken for one.
        return short if _split(short) == (DOCKER_HUB, self.path) else self.name

    @property
    def tagged(self) -> str:
        """Name and tag, `latest` where none is written; the digest is left out."""
        return f"{self.name}:{self.tag or LATEST}"

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.familiar_name}{tag}" + (f"@{self.digest}" if self.digest else "")


class NoReference(NamedTuple):
    """A text that BuildKit takes for no image, and why."""

    reason: str


def parse_reference(text: str) -> Reference | NoReference:
    """The image that `text` names. Variables must have been replaced."""
    if _IDENTIFIER.fullmatch(text):
        return NoReference("64 hexadecimal digits are the id of an image, not a name")
    domain, rest = _split(text)
    name = rest.partition(":")[0]
    if name != name.lower():
        return NoReference(f"the repository name {name} must be in lower case")
    match = _WHOLE.fullmatch(f"{domain}/{rest}")
    if match is None:
        return NoReference("it does not have the form of an image name")
    if len(match["path"]) > _LONGEST_PATH:
        return NoReference(f"its name is longer than {_LONGEST_PATH} characters")
    if match["digest"] and not is_digest(match["digest"]):
        return NoReference(f"{match['digest']} is no digest that BuildKit knows")
    return Reference(match["domain"] or "", match["path"], match["tag"], match["digest"])


def _split(text: str) -> tuple[str, str]:
    """The registry's domain, which is told from a folder by its looks, and the rest."""
    first, slash, rest = text.partition("/")
    if not slash:
        return DOCKER_HUB, _OFFICIAL + text
    if first == "index.docker.io":
        domain = DOCKER_HUB
    elif first == "localhost" or "." in first or ":" in first or first != first.lower():
        domain = first
    else:
        domain, rest = DOCKER_HUB, text
    if domain == DOCKER_HUB and "/" not in rest:
        rest = _OFFICIAL + rest
    return domain, rest
