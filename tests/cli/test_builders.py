"""`reimage builders` where nobody answers."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from buildkit_client.transport import discovery


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("BUILDKIT_HOST", "DOCKER_HOST", "DOCKER_CONTEXT", "BUILDX_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(discovery, "_DOCKER_SOCKET", tmp_path / "docker.sock")
    monkeypatch.setattr(discovery, "_BUILDKIT_SOCKETS", ())
    monkeypatch.setattr("buildkit_client.transport.private.installed", lambda: "")


def builders(*words: str, **env: str) -> Result:
    from reimage.cli.app import app

    return CliRunner().invoke(app, ["builders", *words], env={"COLUMNS": "80", **env})


def test_no_builder_is_one_sentence_with_what_to_do() -> None:
    result = builders()
    assert result.exit_code == 0
    assert " ".join(result.stdout.split()) == (
        "No builder is used by itself: start Docker, set BUILDKIT_HOST or DOCKER_HOST, or name "
        "one with `reimage build --builder`."
    )


def test_a_program_that_could_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buildkit_client.transport.private.installed", lambda: "buildkitd")
    assert "`reimage build` starts buildkitd for as long as it builds." in builders().stdout


def test_one_that_is_named_is_chosen_even_if_it_is_not_there(tmp_path: Path) -> None:
    url = f"unix://{tmp_path}/nobody.sock"
    found = json.loads(builders("--format=json", BUILDKIT_HOST=url).stdout)
    (report,) = found["builders"]
    assert (report["chosen"], report["can"]) == (True, None)
    assert "cannot be reached" in report["problem"]
    assert found["choice"] == f"{url} is used: $BUILDKIT_HOST names it."


def test_one_that_does_not_speak_is_given_up_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reimage.pipeline.builders.survey.__defaults__", (0.2,))
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        began = time.monotonic()
        result = builders(BUILDKIT_HOST=f"tcp://127.0.0.1:{mute.getsockname()[1]}")
    assert "not reached" in result.stdout
    assert time.monotonic() - began < 3


def test_an_unknown_format_is_bad_usage() -> None:
    result = builders("--format=xml")
    assert result.exit_code == 2
    assert "--format takes text or json, not 'xml'." in result.stderr
