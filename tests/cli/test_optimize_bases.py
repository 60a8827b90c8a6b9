"""`optimize --bases`: nobody is asked without it, and with it `latest` gets its version."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.registry.fake_registry import FakeRegistry, serving
from typer.testing import CliRunner, Result

Optimize = Callable[..., Result]
STEP = "# debian.sh --arch 'amd64' out/ 'trixie' '@1700000000'"


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with serving() as registry:
        new = {"config": {"Env": ["PYTHON_VERSION=3.13.5"]}, "history": [{"created_by": STEP}]}
        for tag in ("latest", "3", "3.13", "3.13.5", "3.13.5-trixie", "trixie"):
            registry.add_image("library/python", tag, new)
        registry.add_image("library/python", "3.12.9", {"config": {}})
        registry.add_image("library/python", "3.13.5-slim", {"config": {}}, layers=2)
        yield registry


@pytest.fixture
def optimize(fake: FakeRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Optimize:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-docker"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    Path("reimage.toml").write_text(
        f'[registry.mirrors]\n"docker.io" = ["http://{fake.address}"]\n'
    )
    Path("Dockerfile").write_text('FROM python\nCMD ["python"]\n')

    def run(*words: str) -> Result:
        from reimage.cli.app import app

        return CliRunner().invoke(app, ["optimize", *words])

    return run


def test_nobody_is_asked_without_the_option(fake: FakeRegistry, optimize: Optimize) -> None:
    assert optimize("--select=use-versioned-tag").stdout == ""
    assert fake.requests == []


def test_the_most_specific_tag_is_written(optimize: Optimize) -> None:
    done = optimize("--bases", "--select=use-versioned-tag")
    assert "+FROM python:3.13.5-trixie\n" in done.stdout
    assert "python is python:3.13.5-trixie now" in done.stderr


def test_with_digests_both_are_written(optimize: Optimize) -> None:
    done = optimize("--bases", "--pin", "--select=use-versioned-tag,pin-base-digest")
    assert "+FROM python:3.13.5-trixie@sha256:" in done.stdout


def test_a_configuration_may_make_it_the_usual(fake: FakeRegistry, optimize: Optimize) -> None:
    config = Path("reimage.toml")
    config.write_text("[bases]\nwith-optimize = true\n" + config.read_text())
    assert "+FROM python:3.13.5-trixie\n" in optimize("--select=use-versioned-tag").stdout


def test_a_mirror_that_fails_is_named(fake: FakeRegistry, optimize: Optimize) -> None:
    Path("reimage.toml").write_text(
        f'[registry.mirrors]\n"docker.io" = ["http://127.0.0.1:1", "http://{fake.address}"]\n'
    )
    done = optimize("--pin", "--select=pin-base-digest")
    assert done.exit_code == 0
    assert "The mirror 127.0.0.1:1 was passed over" in " ".join(done.stderr.split())
    assert "@sha256:" in done.stdout
