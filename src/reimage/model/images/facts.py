"""What is known about images before a build, as plain data that pipeline fills."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from reimage.image.systems import System
from reimage.model.images.answers import Pinning


class BaseImage(NamedTuple):
    """One platform's image: what its configuration puts in force, and its size in bytes.

    `other_digests` are those of the index that it is in, and of its configuration.

    `env` keeps the order of the configuration. `size` is that of the compressed layers. `system` is
    None where neither the image nor the table of official images tells.
    """

    digest: str
    platform: str
    env: Mapping[str, str]
    user: str = ""
    workdir: str = ""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    shell: tuple[str, ...] = ()
    labels: Mapping[str, str] = {}
    exposed: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    on_build: tuple[str, ...] = ()
    layers: int = 0
    size: int = 0
    created: datetime | None = None
    system: System | None = None
    other_digests: tuple[str, ...] = ()


class ImageFacts(NamedTuple):
    """What registries told.

    `pinning` is None when no registry was asked for digests. `bases` are by `str(Reference)`.
    `named_contexts` are the names that the build gives another meaning (`--build-context`).
    `versioned` are, by `Reference.tagged`, the most specific tags that stand for the same image as
    `latest`. `notes` are sentences about mirrors that gave no answer.
    """

    pinning: Pinning | None = None
    bases: Mapping[str, BaseImage] = {}
    named_contexts: frozenset[str] = frozenset()
    versioned: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()
