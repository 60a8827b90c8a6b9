"""Which other images may do in place of one: a catalogue of relatives.

It names Docker's official images, those of github.com/GoogleContainerTools/distroless, Canonical's
chiselled ones (canonical/oci-factory, dotnet/dotnet-docker) and Chainguard's, where only `latest`
is free of charge. A name proves nothing: whether it exists is asked of its registry.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from reimage.model.images.official_images import RELEASES, official_name, tag_parts
from reimage.model.images.references import Reference, parse_reference

CATALOGUE = """
# Of             kind        reference; what is in braces comes from the image, or there is none
python           slim        {name}:{version-}slim{-release}
python           alpine      {name}:{version-}alpine
python           distroless  gcr.io/distroless/python3-debian13
python           distroless  gcr.io/distroless/python3-debian12
python           chiselled   ubuntu/python:{minor}-{ubuntu}
python           minimal     cgr.dev/chainguard/python:latest
node             slim        {name}:{version-}slim
node             slim        {name}:{version-}{release-}slim
node             alpine      {name}:{version-}alpine
node             distroless  gcr.io/distroless/nodejs{major}-debian13
node             distroless  gcr.io/distroless/nodejs{major}-debian12
node             minimal     cgr.dev/chainguard/node:latest
golang           alpine      {name}:{version-}alpine
golang           minimal     cgr.dev/chainguard/go:latest
rust             slim        {name}:{version-}slim{-release}
rust             alpine      {name}:{version-}alpine
ruby             slim        {name}:{version-}slim{-release}
ruby             alpine      {name}:{version-}alpine
ruby             minimal     cgr.dev/chainguard/ruby:latest
perl             slim        {name}:{version-}slim{-release}
php              alpine      {name}:{version-}{sapi-}alpine
debian           slim        {name}:{word}-slim
debian           distroless  gcr.io/distroless/base-debian{debian}
debian           distroless  gcr.io/distroless/cc-debian{debian}
debian           minimal     cgr.dev/chainguard/wolfi-base:latest
ubuntu           minimal     cgr.dev/chainguard/wolfi-base:latest
nginx            alpine      {name}:{version-}alpine
nginx            alpine      {name}:{version-}alpine-slim
nginx            minimal     cgr.dev/chainguard/nginx:latest
httpd            alpine      {name}:{version-}alpine
redis            alpine      {name}:{version-}alpine
postgres         alpine      {name}:{version-}alpine
memcached        alpine      {name}:{version-}alpine
eclipse-temurin  runtime     {name}:{version}-jre
eclipse-temurin  alpine      {name}:{version}-jre-alpine
eclipse-temurin  distroless  gcr.io/distroless/java{major}-debian13
eclipse-temurin  distroless  gcr.io/distroless/java{major}-debian12
mcr.microsoft.com/dotnet/aspnet   alpine     {name}:{version}-alpine
mcr.microsoft.com/dotnet/aspnet   chiselled  {name}:{version}-noble-chiseled
mcr.microsoft.com/dotnet/runtime  alpine     {name}:{version}-alpine
mcr.microsoft.com/dotnet/runtime  chiselled  {name}:{version}-noble-chiseled
"""
TRUSTED = (
    "docker.io/library", "docker.io/ubuntu", "gcr.io/distroless", "cgr.dev/chainguard",
    "mcr.microsoft.com", "registry.access.redhat.com", "public.ecr.aws/docker/library",
)  # fmt: skip
"""Publishers that are trusted where no policy says otherwise."""
_DEBIAN_NUMBERS = {"trixie": "13", "bookworm": "12", "bullseye": "11"}
_UBUNTU_WITH_PYTHON = {"3.8": "20.04", "3.10": "22.04", "3.12": "24.04", "3.14": "26.04"}
"""Of the versions of Python that Canonical publishes with long support: canonical/oci-factory."""
_SAPIS = ("cli", "fpm", "zts", "apache")


class Relative(NamedTuple):
    """An image in place of another: `slim`, `alpine`, `distroless`, `chiselled`, `minimal`
    (Chainguard's kind), `runtime`, or `tag` for one that was found in the registry."""

    image: Reference
    kind: str


def relatives(image: Reference) -> tuple[Relative, ...]:
    """What the catalogue knows, without the image itself; its digest does not count."""
    name, own = official_name(image), image._replace(digest=None).tagged
    known = _known(image)
    found: dict[str, Relative] = {}
    for of, kind, template in _entries():
        if of == name and (text := _filled(template, known)):
            reference = parse_reference(text)
            assert isinstance(reference, Reference), text
            if reference.tagged != own:
                found.setdefault(reference.tagged, Relative(reference, kind))
    return tuple(found.values())


def tags_of_the_same_version(image: Reference, tags: list[str], most: int) -> list[Relative]:
    """Tags of its repository with another variant of the same version, the shorter ones first."""
    parts = tag_parts(image.tag)
    if not parts.version:
        return []
    found = sorted(
        tag
        for tag in tags
        if (other := tag_parts(tag)).version == parts.version
        and other.variants != parts.variants
        and not other.is_windows
    )
    chosen = sorted(found, key=lambda tag: (tag_parts(tag).kind == "full", len(tag)))[:most]
    return [Relative(image._replace(tag=tag, digest=None), "tag") for tag in chosen]


def _entries() -> Iterator[tuple[str, str, str]]:
    for line in CATALOGUE.strip().split("\n"):
        if not line.startswith("#"):
            of, kind, template = line.split()
            yield of, kind, template


def _known(image: Reference) -> dict[str, str]:
    """What a template may ask for. `version-` may be empty, `version` may not."""
    parts = tag_parts(image.tag)
    numbers = parts.version.split(".") if parts.version else []
    release = next((each for each in RELEASES if each in parts.variants), "")
    sapi = next((each for each in _SAPIS if each in parts.variants), "")
    word = parts.version or release
    known = {
        "name": image.familiar_name,
        "version": parts.version,
        "major": ".".join(numbers[:1]),
        "minor": ".".join(numbers[:2]) if len(numbers) > 1 else "",
        "ubuntu": _UBUNTU_WITH_PYTHON.get(".".join(numbers[:2]), ""),
        "word": word,
        "debian": _DEBIAN_NUMBERS.get(release, ".".join(numbers[:1])),
    }
    filled = {key: value for key, value in known.items() if value}
    return filled | {
        "version-": f"{parts.version}-" if parts.version else "",
        "-release": f"-{release}" if release else "",
        "release-": f"{release}-" if release else "",
        "sapi-": f"{sapi}-" if sapi else "",
    }


def _filled(template: str, known: dict[str, str]) -> str | None:
    text = template
    for key, value in known.items():
        text = text.replace(f"{{{key}}}", value)
    return None if "{" in text else text
