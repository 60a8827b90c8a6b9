"""The table of official images says what is in the images that tests make of Debian's packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.engine.make_bases import STAGES

from buildkit_client.docker_config import ANONYMOUS
from reimage.image.contents import Contents
from reimage.image.layers import Reading
from reimage.image.platforms import Platform
from reimage.image.system_files import keep, system_of
from reimage.model.images.official_images import known_runtime, known_system
from reimage.model.images.references import NoReference, Reference, parse_reference
from reimage.registry.base_images import base_image
from reimage.registry.client import Registry
from reimage.registry.images import remote_image
from reimage.registry.settings import Settings

if TYPE_CHECKING:
    from tests.engine.bases import Bases
    from tests.engine.daemon import Daemon

pytestmark = pytest.mark.engine
LINUX = Platform("linux", "amd64")
LACKING = {"golang:1.23": {"curl"}}
"""What the real image has and the stand-in lacks."""
NAMES = [name for name in STAGES if not name.endswith(":nonroot")]


def reference(text: str) -> Reference:
    found = parse_reference(text)
    assert not isinstance(found, NoReference)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_table_says_what_is_in_the_image(bases: Bases, name: str) -> None:
    with (
        Registry(Settings(credentials=lambda host: ANONYMOUS)) as registry,
        Contents(1 << 20) as contents,
    ):
        remote = remote_image(registry, reference(bases.reference(name)), LINUX)
        image = remote.read(Reading(contents=contents, keep=keep))
        inside = system_of(image, contents)
    known = known_system(name)
    assert known is not None
    assert image.compressed_size == remote.compressed_size
    assert (known.family, known.libc) == (inside.family, inside.libc)
    assert known.release in ("", inside.release)
    assert (known.package_manager, known.sh) == (inside.package_manager, inside.sh)
    if known.programs is not None:
        assert inside.programs is not None
        assert known.programs - LACKING.get(name, set()) == inside.programs


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("python:3.12-slim", ["python", "--version"]),
        ("node:22-slim", ["node", "--version"]),
        ("golang:1.23", ["go", "version"]),
        ("gcr.io/distroless/python3-debian12", ["--version"]),
        ("gcr.io/distroless/nodejs22-debian12", ["--version"]),
    ],
)
def test_the_table_says_which_runtime_it_is(
    daemon: Daemon, bases: Bases, name: str, command: list[str]
) -> None:

    known = known_runtime(name)
    assert known is not None
    assert known.version
    told = daemon.docker("run", "--rm", bases.reference(name), *command)
    assert f"{known.version}." in told, told


def test_an_image_of_a_name_that_nobody_knows_is_looked_into(bases: Bases) -> None:
    image = reference(bases.reference("gcr.io/distroless/cc-debian12"))
    with Registry(Settings(credentials=lambda host: ANONYMOUS)) as registry:
        assert base_image(registry, image, LINUX).system is None
        found = base_image(registry, image, LINUX, look_inside=64 << 20).system
    assert found is not None
    assert (found.family, found.release, found.libc) == ("debian", "bookworm", "glibc")
    assert found.programs == frozenset()
    assert found.has("sh") is False
