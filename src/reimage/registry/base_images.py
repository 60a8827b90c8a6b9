"""What an image's configuration puts in force, as the facts that the model knows."""

from __future__ import annotations

from datetime import UTC, datetime

from reimage.image.config import Configuration
from reimage.image.contents import Contents
from reimage.image.errors import ImageError
from reimage.image.layers import Reading
from reimage.image.manifests import Index, Manifest
from reimage.image.platforms import Platform
from reimage.image.system_files import keep, system_of
from reimage.image.systems import System, system_by_configuration
from reimage.model.images.facts import BaseImage
from reimage.model.images.official_images import known_system
from reimage.model.images.references import Reference
from reimage.registry.client import Registry
from reimage.registry.images import RemoteImage, remote_image

_LINUX = Platform("linux", "amd64")
_BEFORE_DOCKER = datetime(2013, 1, 1, tzinfo=UTC)
"""Builds that can be repeated write a date of long ago."""


def base_image(
    registry: Registry, image: Reference, platform: Platform = _LINUX, *, look_inside: int = 0
) -> BaseImage:
    """The facts of the image for one platform.

    Where neither its configuration nor its name says which programs it has, its layers are read, if
    they are no more than `look_inside` bytes.
    """
    found = remote_image(registry, image, platform)
    facts = read_base_image(found.digest, str(platform), found.manifest, found.configuration)
    system = _told_system(image, found.configuration)
    if (system is None or system.programs is None) and 0 < found.compressed_size <= look_inside:
        system = _system_inside(found) or system
    others = (image.digest or "", found.manifest.config.digest)
    return facts._replace(system=system, other_digests=tuple(filter(None, others)))


def _told_system(image: Reference, configuration: Configuration) -> System | None:
    made_of = system_by_configuration(configuration)
    known = known_system(str(image._replace(digest=None)))
    if made_of is None or known is None:
        return made_of or known
    if made_of.family != known.family:
        return made_of
    return known._replace(release=made_of.release)


def _system_inside(image: RemoteImage) -> System | None:
    """None for layers that can't be read: what is known without them is enough."""
    with Contents(1 << 20) as contents:
        reading = Reading(hashing=False, contents=contents, keep=keep)
        try:
            return system_of(image.read(reading), contents)
        except ImageError:
            return None


def read_base_image(
    digest: str, platform: str, manifest: Manifest, configuration: Configuration
) -> BaseImage:
    """The facts in a manifest and a configuration."""
    config = configuration.config
    return BaseImage(
        digest=digest,
        platform=platform,
        env={name: value for name, value in config.env.items() if name},
        user=config.user,
        workdir=config.workdir,
        entrypoint=config.entrypoint,
        command=config.cmd,
        shell=config.shell,
        labels=config.labels,
        exposed=config.ports,
        volumes=config.volumes,
        on_build=config.onbuild,
        layers=len(manifest.layers),
        size=manifest.size,
        created=read_time(configuration.created),
    )


def created(registry: Registry, image: Reference) -> datetime | None:
    """When the image was made: by the annotations of its index, else by its configuration."""
    found = registry.manifest(image)
    content = found.content
    told = [read_time(content.annotations.get("org.opencontainers.image.created"))]
    if isinstance(content, Index):
        told += [read_time(each.created) for each in content.manifests]
    known = [each for each in told if each]
    if known:
        return max(known)
    if isinstance(content, Manifest):
        return read_time(RemoteImage(registry, image, found.digest, content).configuration.created)
    images = [each for each in content.manifests if each.platform and each.platform.os != "unknown"]
    if not images:
        return None
    inner = registry.manifest(image._replace(digest=images[0].digest))
    if isinstance(inner.content, Index):
        return None
    return read_time(
        RemoteImage(registry, image, inner.digest, inner.content).configuration.created
    )


def read_time(value: str | None) -> datetime | None:
    """A time as RFC 3339 writes it; None for none, and for one that stands for nothing."""
    try:
        time = datetime.fromisoformat(value) if value else None
    except ValueError:
        return None
    if time is None:
        return None
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    return time if time > _BEFORE_DOCKER else None
