"""The applications of the fixtures: each builds as people write it, runs, and answers.

So does what an expert wrote for some of them, which is much smaller.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest
from tests.engine.more_bases import stand_ins_named_in
from tests.engine.smoke import smoke_problems
from tests.fixture_cases import APPS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.bases import Bases
    from tests.engine.daemon import Daemon

NAIVE = sorted(ROOT.glob(f"{APPS}/*/Dockerfile"))
EXPERT = sorted(ROOT.glob(f"{APPS}/*/Dockerfile.expert"))


def each(dockerfiles: list[Path]) -> pytest.MarkDecorator:
    names = [path.parent.name for path in dockerfiles]
    return pytest.mark.parametrize("dockerfile", dockerfiles, ids=names)


@each(NAIVE)
def test_an_application_starts_from_images_that_are_here_and_says_how_it_is_probed(
    dockerfile: Path,
) -> None:
    smoke = tomllib.loads(dockerfile.with_name("smoke.toml").read_text("utf-8"))
    assert stand_ins_named_in(dockerfile)
    assert dockerfile.with_name(smoke["edit"].split("/")[0]).exists()
    assert dockerfile.parent.joinpath(smoke["edit"]).is_file()
    assert smoke.get("http") or smoke.get("run")


def test_there_are_enough_of_them() -> None:
    assert len(NAIVE) >= 15
    assert len(EXPERT) >= 5


@pytest.mark.slow
@pytest.mark.engine
@each(NAIVE)
def test_a_naive_image_does_what_its_smoke_file_says(
    daemon: Daemon, bases: Bases, dockerfile: Path
) -> None:
    image = _build(daemon, bases, dockerfile)
    assert smoke_problems(daemon, image, dockerfile.with_name("smoke.toml")) == []


@pytest.mark.slow
@pytest.mark.engine
@each(EXPERT)
def test_an_expert_does_the_same_in_a_quarter_of_the_space(
    daemon: Daemon, bases: Bases, dockerfile: Path
) -> None:
    expert = _build(daemon, bases, dockerfile)
    naive = _build(daemon, bases, dockerfile.with_name("Dockerfile"))
    assert smoke_problems(daemon, expert, dockerfile.with_name("smoke.toml")) == []
    assert _size(daemon, expert) < 0.25 * _size(daemon, naive)


def _build(daemon: Daemon, bases: Bases, dockerfile: Path) -> str:
    """Build as it stands and give the image's name."""
    image = f"{dockerfile.parent.name}:{dockerfile.suffix.removeprefix('.') or 'naive'}"
    how = ["--load", "--network=host", f"--tag={image}", f"--file={dockerfile}"]
    options = bases.options_for(dockerfile)
    daemon.docker("buildx", "build", *how, *options, str(dockerfile.parent))
    return image


def _size(daemon: Daemon, image: str) -> int:
    """The sum of what the layers hold, in bytes."""
    command = ["history", "--human=false", "--format={{.Size}}", image]
    return sum(map(int, daemon.docker(*command).split()))
