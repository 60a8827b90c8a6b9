"""The flags of `optimize --build`: what does not go together is said before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from reimage.cli.app import app
from reimage.cli.building.proof import ProofFlags, smoke_test
from reimage.cli.errors import BadUsage
from reimage.pipeline.images.comparison import BudgetReport
from reimage.pipeline.proving.results import BuildReport, SavingReport, SideReport
from reimage.pipeline.results import FileReport, RewriteReport, Status
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
    (
        "--smoke=x --target=x --build-arg=a=b --secret=id=x --builder=unix:///x --edit=x --each "
        "--reproducible --again --strict --max-size=1 --max-layers=1"
    ).split(),
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
        ("--max-size=5%", "--max-size takes a size"),
        ("--max-layers=few", "--max-layers"),
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
    asked = smoke_test("smoke.toml")
    assert asked is not None
    assert asked.http == (Request(80, "/", "ok"),)
    found = smoke_test("app --check 'a b'")
    assert found is not None
    assert found.run is not None
    assert (found.run.args, found.run.whole) == (("app", "--check", "a b"), True)
    assert smoke_test(None) is None
    with pytest.raises(BadUsage):
        smoke_test(" ")


def rewritten(status: Status) -> RewriteReport:
    return RewriteReport("a:1-2", "a", 1, 1, "same-image", "built", "does it", status)


def built(*, held: bool) -> BuildReport:
    side = SideReport(1, 1, 1, 1.0, 1, 0)
    saved = SavingReport((), (), 0, 0, 0, None, None)
    budget = BudgetReport("max-layers", "1", 1 if held else 2, 1, held, None, "", "", "")
    return BuildReport("unix:///x", "", side, side, 2, 1.0, saved, budgets=(budget,))


def test_what_was_dropped_ends_with_1_only_where_one_is_strict() -> None:
    report = FileReport("Dockerfile", rewrites=(rewritten(Status.DROPPED),), build=built(held=True))
    assert ProofFlags(build=True).code([report]) == 0
    assert ProofFlags(build=True, strict=True).code([report]) == 1
    kept = report._replace(rewrites=(rewritten(Status.PROVEN), rewritten(Status.HELD_BACK)))
    assert ProofFlags(build=True, strict=True).code([kept]) == 0


def test_a_budget_that_is_not_held_ends_with_1() -> None:
    report = FileReport("Dockerfile", build=built(held=False))
    assert ProofFlags(build=True).code([FileReport("Other"), report]) == 1
    assert ProofFlags(build=True).code([FileReport("Other")]) == 0
