"""`reimage optimize --build` on every kind of builder, and on every way to one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.engine.buildkit.certificates import make_certificates, server_side
from tests.engine.buildkit.leftovers import at, nothing_is_left
from tests.engine.buildkit.relay import relay
from tests.engine.install import install
from tests.engine.service import run
from typer.testing import CliRunner

from reimage.cli.app import app as cli

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("own_temporary_files")]


def proved(dockerfile: Path, *options: str) -> dict[str, Any]:
    """The report on a file whose two rewrites hold."""
    command = ["optimize", str(dockerfile), "--build", "--format=json", *options]
    done = CliRunner().invoke(cli, command)
    assert done.exit_code == 0, done.stderr
    (report,) = json.loads(done.stdout)["files"]
    assert [one["status"] for one in report["rewrites"]] == ["proven", "proven"], report
    assert report["build"]["builds"] == 2
    assert report["build"]["before"]["size"] == report["build"]["after"]["size"] > 0
    found: dict[str, Any] = report
    return found


def test_on_every_engine_and_nothing_stays_there(url: str, dockerfile: Path) -> None:
    with nothing_is_left(at(url), lambda: images(url)):
        report = proved(dockerfile, f"--builder={url}")
    total = run([str(install("sid").docker), "--host", url, "images", "--all", "--quiet"])
    assert report["build"]["builder"] == url
    assert "reimage-proof" not in total


def images(url: str) -> set[str]:
    """What the engine lists, by name."""
    command = [str(install("sid").docker), "--host", url, "images", "--format={{.Repository}}"]
    return set(run(command).split())


def test_the_size_is_what_docker_says(url: str, store: str, suite: str, dockerfile: Path) -> None:
    if store != "graphdriver":
        pytest.skip("the containerd store counts what is packed, too")
    report = proved(dockerfile, f"--builder={url}")
    docker = [str(install(suite).docker), "--host", url]
    run([*docker, "build", "--quiet", "--tag=sized:1", str(dockerfile.parent)])
    told = int(run([*docker, "image", "inspect", "--format={{.Size}}", "sized:1"]))
    # Docker counts the lengths of symbolic links, of which busybox makes some hundred.
    assert 0 <= told - report["build"]["before"]["size"] < 10_000


@pytest.fixture
def client(suite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dockerfile: Path) -> None:
    """A Docker client of the builder's age, with buildx."""
    found = install(suite)
    config = tmp_path / "config"
    config.mkdir()
    (config / "cli-plugins").symlink_to(found.client_plugins)
    monkeypatch.setenv("DOCKER_CONFIG", str(config))
    monkeypatch.setenv("PATH", str(found.docker.parent), prepend=os.pathsep)


@pytest.mark.usefixtures("client")
def test_through_buildx_dial_stdio(
    url: str, dockerfile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", url)
    report = proved(dockerfile, "--builder=buildx://default")
    assert report["build"]["builder"] == "buildx://default"


@pytest.mark.usefixtures("client")
def test_over_tcp_with_certificates_of_both_sides(
    url: str, dockerfile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates = make_certificates(tmp_path)
    socket = Path(url.removeprefix("unix://"))
    with relay(socket, tls=server_side(certificates, "http/1.1"), hijack=False) as port:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://localhost:{port}")
        monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
        monkeypatch.setenv("DOCKER_CERT_PATH", str(certificates))
        report = proved(dockerfile)
    assert report["build"]["builder"] == f"tcp://localhost:{port}"
