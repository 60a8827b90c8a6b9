"""The flags of `optimize --build`: what does not go together is said before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from reimage.cli.app import app
from reimage.cli.building.proof import smoke_test
from reimage.cli.errors import BadUsage
from reimage.verify.smoke.plan import Request


def refused(*args: str) -> str:
    done = CliRunner().invoke(app, ["optimize", *args])
    assert done.exit_code == 2
    assert done.stdout == ""
    return done.stderr


@pytest.fixture(autouse=True)
def dockerfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_text("FROM scratch\n")


@pytest.mark.parametrize(
    "option",
    ["--smoke=x", "--target=x", "--build-arg=a=b", "--secret=id=x", "--builder=unix:///x"],
)
def test_what_is_for_a_build_needs_one(option: str) -> None:
    assert f"{option.split('=')[0]} needs --build" in refused(option)


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--hunks=1", "exclude one another"),
        ("--smoke=none.toml", "--smoke none.toml: No such file"),
        ("--smoke=", "takes a command"),
        ("--smoke='", "quotes do not match"),
        ("--smoke-network=bridge", "takes default, host or none"),
        ("--build-timeout=soon", "--build-timeout takes a number"),
        ("--secret=src=x", "id= is missing"),
        ("--build-context=a=/none", "no directory /none"),
        ("--builder=unix:///none.sock", "none.sock"),
    ],
)
def test_what_makes_no_sense_is_refused(option: str, told: str) -> None:
    assert told in refused("--build", option)


def test_a_smoke_file_that_is_none_is_refused() -> None:
    Path("smoke.toml").write_text("http = 1")
    assert "smoke.toml is no smoke file" in refused("--build", "--smoke=smoke.toml")


def test_smoke_is_a_file_or_a_command() -> None:
    Path("smoke.toml").write_text('[[http]]\nport = 80\npath = "/"\nexpect = "ok"\n')
    assert smoke_test("smoke.toml").http == (Request(80, "/", "ok"),)
    run = smoke_test("app --check 'a b'").run
    assert run is not None
    assert (run.args, run.whole) == (("app", "--check", "a b"), True)
    assert not smoke_test(None).expects
    with pytest.raises(BadUsage):
        smoke_test(" ")
