"""Names of images, completed as Docker completes them."""

import re

from reimage.cli.errors import BadUsage

_HUB = "docker.io"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_NAME = re.compile(
    rf"(?:(?P<host>(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*|"
    rf"\[[0-9a-fA-F:]+\])(?::\d+)?)/)?(?P<path>{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?P<digest>@sha256:[0-9a-f]{64})?",
    re.ASCII,
)


def full_name(flag: str, text: str) -> str:
    """`docker.io/library/app:latest` for `app`."""
    host, path, tag, digest = _parts(flag, text)
    if digest:
        raise BadUsage(f"{flag} {text}: a digest is the outcome of a build; give a tag.")
    return f"{host}/{path}:{tag or 'latest'}"


def context_name(flag: str, text: str) -> str:
    """The name under which BuildKit looks a named context up: short, without `:latest`."""
    host, path, tag, digest = _parts(flag, text)
    if host == _HUB:
        short = path.removeprefix("library/")
    else:
        short = f"{host}/{path}"
    return short + (f":{tag}" if tag and tag != "latest" else "") + digest


def _parts(flag: str, text: str) -> tuple[str, str, str, str]:
    match = _NAME.fullmatch(text)
    if match is None:
        lower = " Its path is in lower case." if text != text.lower() else ""
        raise BadUsage(f"{flag} {text}: that is not the name of an image.{lower}")
    host, path = match["host"] or "", match["path"]
    if host and not (set(host) & set(".:[") or host == "localhost" or host != host.lower()):
        host, path = "", f"{host}/{path}"  # a user of Docker Hub
    if host in ("", "index.docker.io", _HUB):
        host, path = _HUB, path if "/" in path else f"library/{path}"
    return host, path, match["tag"] or "", match["digest"] or ""
