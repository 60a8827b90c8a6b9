"""Where a registry is: the address behind the domain of an image's name."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from reimage.model.images.references import DOCKER_HUB
from reimage.registry.errors import BadAnswer
from reimage.registry.settings import Settings

_DOCKER_HUB_SERVER = "registry-1.docker.io"


class Endpoint(NamedTuple):
    """A server. `base` is scheme and host; `prefix` is put in front of repositories.

    `known_as` is the name under which Docker keeps the sign-in.
    """

    base: str
    known_as: str
    prefix: str = ""

    @property
    def host(self) -> str:
        return self.base.partition("://")[2]

    def url(self, repository: str, rest: str) -> str:
        return f"{self.base}/v2/{self.prefix}{repository}/{rest}"


def mirrors(domain: str, settings: Settings) -> Iterator[Endpoint]:
    """The servers to ask before that of the domain. Raises BadAnswer for what is no address."""
    for address in settings.mirrors.get(domain, ()):
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise BadAnswer(f"The mirror {parts.hostname or address} of {domain} is no address")
        prefix = parts.path.strip("/")
        yield Endpoint(
            f"{parts.scheme}://{parts.netloc}", parts.netloc, f"{prefix}/" if prefix else ""
        )


def server(domain: str, scheme: str) -> Endpoint:
    """The server that holds the images of a domain."""
    host = _DOCKER_HUB_SERVER if domain == DOCKER_HUB else domain
    return Endpoint(f"{scheme}://{host}", domain)


def is_this_machine(domain: str) -> bool:
    """Whether the domain is one of this machine, where TLS is not expected."""
    host = urlsplit(f"//{domain}").hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
