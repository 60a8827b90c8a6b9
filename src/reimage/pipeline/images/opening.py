"""A target becomes an image: opened, asked of the engine or of a registry, or built and read while
it comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reimage.image.arriving import ArrivingImage
from reimage.image.layers import Reading
from reimage.image.opening import open_image
from reimage.pipeline.errors import UsageError

if TYPE_CHECKING:
    from buildkit_client import Builder, BuildRequest, Event
    from reimage.image.anatomy import Image
    from reimage.image.platforms import Platform
    from reimage.pipeline.images.targets import Target


def opened(target: Target, platform: Platform | None, reading: Reading) -> Image:
    """The image that a path or a name stands for. Raises an ImageError or a DockerError."""
    if target.kind == "registry":
        return _of_a_registry(target.word, platform, reading)
    if target.kind != "image":
        return open_image(target.path, platform=platform, reading=reading)
    from reimage.docker_api.daemon import connect
    from reimage.docker_api.errors import NoDaemon

    try:
        return connect().image(target.word, platform=platform, reading=reading)
    except NoDaemon as error:
        raise UsageError(
            f"There is no file {target.word}, and no engine to ask for an image of that name: "
            f"{error}"
        ) from error


def _of_a_registry(word: str, platform: Platform | None, reading: Reading) -> Image:
    """Its layers are read while they arrive, and none is kept."""
    from reimage.model.images.references import NoReference, parse_reference
    from reimage.pipeline.config import Config, ConfigError, find_config, load_config
    from reimage.pipeline.registries import RegistryOptions, open_registry
    from reimage.registry.errors import RegistryError
    from reimage.registry.images import remote_image

    reference = parse_reference(word)
    if isinstance(reference, NoReference):
        raise UsageError(f"{word} is no image: {reference.reason}.")
    try:
        found = find_config(Path.cwd())
        config = load_config(found) if found else Config()
        with open_registry(RegistryOptions(), config.registry) as registry:
            return remote_image(registry, reference, platform).read(reading)
    except (ConfigError, RegistryError) as error:
        raise UsageError(f"{str(error).rstrip('.')}.") from error


def built(
    builder: Builder, request: BuildRequest, reading: Reading, take: Callable[[Event], object]
) -> tuple[Image, float]:
    """Build, and read the image while it arrives; gives the seconds it took, too.

    A builder that can hand out no image, as an Engine without the containerd image store, keeps it
    without a name and is asked for it. Raises a BuildKitError, an ImageError or a DockerError.
    """
    from buildkit_client.outputs import IntoEngine, OciArchive

    if "oci" not in builder.abilities.exporters:
        request = replace(request, outputs=(IntoEngine(),))
        began = time.monotonic()
        digest = _run(builder, request, take)
        took = time.monotonic() - began
        from reimage.docker_api.daemon import Daemon, connect

        is_plain = builder.url.startswith("unix://")
        daemon = Daemon(builder.url) if is_plain else connect()
        return daemon.image(digest, reading=reading), took
    with ArrivingImage(reading=reading) as arriving:
        request = replace(request, outputs=(OciArchive(target=arriving.write),))
        began = time.monotonic()
        _run(builder, request, take)
        took = time.monotonic() - began
        return arriving.image(), took


def _run(builder: Builder, request: BuildRequest, take: Callable[[Event], object]) -> str:
    with builder.start(request) as running:
        for event in running.events():
            take(event)
        return running.result().digest
