"""`inspect` and `compare` of images in a registry, as a user types it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.registry.fake_registry import FakeRegistry, serving, wants_password
from tests.registry.test_images import put
from typer.testing import CliRunner, Result

Run = Callable[..., Result]


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with serving() as registry:
        put(registry)
        yield registry


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-docker"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Result:
        from reimage.cli.app import app

        return CliRunner().invoke(app, list(words))

    return run


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("app:9", "does not have"),
        ("APP", "the repository name APP must be in lower case"),
    ],
)
def test_what_is_not_there_is_one_sentence(
    run: Run, fake: FakeRegistry, name: str, sentence: str
) -> None:
    word = f"docker://{fake.address}/{name}"
    done = run("inspect", word)
    assert done.exit_code == 2
    assert sentence in " ".join(done.stderr.split())
    assert done.stdout == ""


def test_a_sign_in_that_is_missing_is_told(run: Run, fake: FakeRegistry) -> None:
    fake.tricks.append(wants_password("bob", "right"))
    done = run("inspect", f"docker://{fake.address}/app:1")
    assert done.exit_code == 2
    assert f"`docker login {fake.address}`" in " ".join(done.stderr.split())


def test_an_image_is_read_without_an_engine(run: Run, fake: FakeRegistry) -> None:
    platform = "--platform=linux/amd64"
    done = run("inspect", f"docker://{fake.address}/app:1", platform, "--format=json")
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["image"]["digest"].startswith("sha256:")
    assert len(document["image"]["layers"]) == 2


def test_two_images_are_compared(run: Run, fake: FakeRegistry) -> None:
    word = f"docker://{fake.address}/app:1"
    done = run("compare", word, word, "--platform=linux/amd64", "--format=json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["files"]["changed"] == []


def test_the_mirrors_of_the_configuration_count(run: Run, fake: FakeRegistry) -> None:
    Path("reimage.toml").write_text(
        f'[registry.mirrors]\n"registry.example.org" = ["http://{fake.address}"]\n'
    )
    done = run("inspect", "docker://registry.example.org/app:1", "--platform=linux/amd64")
    assert done.exit_code == 0, done.stderr
    assert "3" in done.stdout
