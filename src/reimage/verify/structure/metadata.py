"""Whether the configuration of an image is as a file asks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from reimage.verify.structure.plan import MetadataTest, Pair

if TYPE_CHECKING:
    from reimage.image.config import ImageConfig


def unmet(test: MetadataTest, config: ImageConfig) -> Iterator[str]:
    """A sentence for each part that is not as it should be."""
    yield from _pairs(test.env, config.env, "variable")
    yield from _pairs(test.labels, config.labels, "label")
    for key in test.unbound_env:
        if key in config.env:
            yield f"the variable {key} is set"
    commands = ((test.entrypoint, config.entrypoint, "ENTRYPOINT"), (test.cmd, config.cmd, "CMD"))
    for words, found, what in commands:
        if words is not None and words != found:
            yield f"{what} is {list(found)} instead of {list(words)}"
    texts = ((test.workdir, config.workdir, "WORKDIR"), (test.user, config.user, "USER"))
    for text, told, what in texts:
        if text is not None and text != told:
            yield f"{what} is {told!r} instead of {text!r}"
    ports = {*config.ports, *(port.partition("/")[0] for port in config.ports)}
    yield from _places("port", test.exposed_ports, test.unexposed_ports, ports, "exposed")
    volumes = set(config.volumes)
    yield from _places("volume", test.volumes, test.unmounted_volumes, volumes, "declared")


def _pairs(pairs: tuple[Pair, ...], found: Mapping[str, str], what: str) -> Iterator[str]:
    for key, value, is_regex in pairs:
        if key not in found:
            yield f"there is no {what} {key}"
        elif is_regex and not re.search(value, found[key]):
            yield f"the {what} {key} does not match {value!r}"
        elif not is_regex and found[key] != value:
            yield f"the {what} {key} is {found[key]!r} instead of {value!r}"


def _places(
    what: str, wanted: tuple[str, ...], unwanted: tuple[str, ...], found: set[str], done: str
) -> Iterator[str]:
    yield from (f"the {what} {each} is not {done}" for each in wanted if each not in found)
    yield from (f"the {what} {each} is {done}" for each in unwanted if each in found)
