"""What `docker save` writes: `manifest.json`, a configuration, and layers as tar files."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from reimage.image import config
from reimage.image.anatomy import Image
from reimage.image.errors import Damaged, NotAnImage
from reimage.image.json_values import Json, parse_objects
from reimage.image.limits import DEFAULT, Limits
from reimage.image.sources.assembling import check_number, make_layers
from reimage.image.sources.names import matches
from reimage.image.sources.stores import DOCKER_MANIFEST, needed_document, needed_layer

if TYPE_CHECKING:
    from reimage.image.platforms import Platform
    from reimage.image.sources.stores import Store

_DIGEST = re.compile(r"[0-9a-f]{64}")


def read_docker_archive(
    store: Store, *, name: str = "", platform: Platform | None = None, limits: Limits = DEFAULT
) -> Image:
    """The image of `manifest.json`; `name` says which where there are several."""
    listed = parse_objects(needed_document(store, DOCKER_MANIFEST), DOCKER_MANIFEST)
    chosen = _chosen(listed, name)
    data = needed_document(store, chosen.text("Config"))
    digest = _checked(chosen.text("Config"), data)
    configuration = config.parse(data)
    if platform and not configuration.platform.serves(platform):
        raise NotAnImage(f"The image is for {configuration.platform}, not for {platform}.")
    names = chosen.texts("Layers")
    check_number(len(names), configuration, limits)
    contents = [needed_layer(store, layer) for layer in names]
    layers = make_layers(contents, [""] * len(names), configuration)
    return Image(chosen.texts("RepoTags"), "", digest, configuration, layers)


def _chosen(listed: list[Json], name: str) -> Json:
    for image in listed:
        if name and any(matches(tag, name) for tag in image.texts("RepoTags")):
            return image
    tags = ", ".join(tag for image in listed for tag in image.texts("RepoTags"))
    if name:
        raise NotAnImage(f"There is no image called '{name}' in it ({tags}).")
    if len(listed) != 1:
        raise NotAnImage(f"There are {len(listed)} images in it ({tags}); name one.")
    return listed[0]


def _checked(name: str, data: bytes) -> str:
    """The digest of the configuration, which its name tells too."""
    digest = hashlib.sha256(data).hexdigest()
    told = _DIGEST.search(name)
    if told and told.group() != digest:
        raise Damaged(f"The configuration {name} has another digest: {digest}.")
    return f"sha256:{digest}"
