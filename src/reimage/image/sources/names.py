"""Names of images, as archives and people write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reimage.image.manifests import Descriptor

_FULL = "io.containerd.image.name"
_TAG = "org.opencontainers.image.ref.name"


def name_of(descriptor: Descriptor) -> str:
    """The name in an index; often only a tag."""
    return descriptor.annotations.get(_FULL) or descriptor.annotations.get(_TAG, "")


def matches(found: str, asked: str) -> bool:
    """Whether both name one image: `docker.io/library/debian:latest` and `debian` do."""
    return _short(found) == _short(asked)


def _short(name: str) -> str:
    return name.removeprefix("docker.io/").removeprefix("library/").removesuffix(":latest")
