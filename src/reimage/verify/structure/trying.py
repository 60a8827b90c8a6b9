"""Whether an image keeps what a file of container-structure-test asks, inside the builder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from buildkit_client.containers import ContainerOptions
from buildkit_client.errors import BuildKitError, TimedOut
from reimage.image.trees.merging import merged
from reimage.verify.smoke.running import environment
from reimage.verify.structure import files, metadata
from reimage.verify.structure.plan import CommandTest, StructureTest, filled_in

if TYPE_CHECKING:
    from reimage.image.anatomy import Image
    from reimage.image.config import ImageConfig
    from reimage.verify.smoke.running import Place

_KEPT = 1 << 20
"""bytes of each stream"""
_SHOWN = 200


def unmet(
    test: StructureTest, place: Place, image: Image, config: ImageConfig, seconds: float
) -> Iterator[str]:
    """A sentence for each test that the image does not pass. `config` is what containers run with,
    `seconds` what a command may take."""
    env = image.config.env
    for told in metadata.unmet(test.metadata, image.config):
        yield f"metadataTest: {told}"
    tree = merged(image.layers) if test.existences or test.contents else None
    if tree is not None:
        for existence in test.existences:
            for told in files.unmet_existence(existence, tree, env):
                yield f"{existence.name}: {told}"
        for content in test.contents:
            for told in files.unmet_content(content, tree, env, place.result.read):
                yield f"{content.name}: {told}"
    for command in test.commands:
        for told in _ran(command, test, place, config, seconds):
            yield f"{command.name}: {told}"


def _ran(
    command: CommandTest, test: StructureTest, place: Place, config: ImageConfig, seconds: float
) -> Iterator[str]:
    env = environment(config, {})
    for key, value, _ in (*test.env, *command.env):
        env[key] = filled_in(value, env)
    try:
        with place.result.container(ContainerOptions(network=place.network)) as container:
            done = container.run(
                command.words,
                env=env,
                cwd=config.workdir or "/",
                user=config.user,
                timeout=seconds,
                keep=_KEPT,
            )
    except TimedOut:
        yield f"{command.words[0]} is not done after {seconds:g} seconds"
        return
    except BuildKitError as error:
        yield f"{command.words[0]} does not start: {error}"
        return
    if done.left_out:
        yield f"{command.words[0]} prints more than {_KEPT} bytes"
    if done.code != command.code:
        said = done.stderr.decode("utf-8", "replace").strip()[-_SHOWN:]
        yield f"{command.words[0]} ends with code {done.code} instead of {command.code}" + (
            f" (it said: {said!r})" if said else ""
        )
    for patterns, data, what in (
        (command.output, done.stdout, "the output"),
        (command.error, done.stderr, "the error output"),
    ):
        text = data.decode("utf-8", "replace")
        shown = f"{what} {text.strip()[:_SHOWN]!r} of {command.words[0]}"
        yield from patterns.unmet(text, shown)
