"""Every case of a transformation that this machine can build holds what it claims."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.engine.proving.provable_cases import (
    CASES,
    dropped,
    is_made_here,
    name_of,
    options,
    reasons,
    untried,
)
from typer.testing import CliRunner

from reimage.cli.app import app as cli

if TYPE_CHECKING:
    from tests.engine.bases import Bases
    from tests.engine.daemon import Daemon
    from tests.fixture_cases import Case

MADE = [case for case in CASES if is_made_here(case)]
REASONS = reasons()
UNTRIED = untried()
DROPPED = dropped()
BUILT = [case for case in MADE if name_of(case) not in REASONS.keys() | UNTRIED]
SECONDS = 200


def each(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[name_of(case) for case in cases])


def test_what_is_not_built_is_listed_once_and_could_be_tried() -> None:
    assert not REASONS.keys() & UNTRIED
    assert DROPPED.keys() <= {name_of(case) for case in BUILT}
    assert REASONS.keys() | UNTRIED <= {name_of(case) for case in MADE}
    assert len(BUILT) + len(REASONS) + len(UNTRIED) == len(MADE)


@pytest.mark.engine
@pytest.mark.slow
@each(BUILT)
def test_a_case_is_proven(daemon: Daemon, bases: Bases, tmp_path: Path, case: Case) -> None:
    code, report = proof(daemon, bases, tmp_path, case)
    assert code == 0, report["error"]
    told = [one["reason"] for one in report["rewrites"] if one["status"] == "dropped"]
    if reason := DROPPED.get(name_of(case)):
        assert [reason in each for each in told] == [True], told
    else:
        assert told == []


@pytest.mark.engine
@pytest.mark.slow
@each([case for case in MADE if name_of(case) in REASONS])
def test_a_case_that_is_listed_says_why_it_cannot_be_built(
    daemon: Daemon, bases: Bases, tmp_path: Path, case: Case
) -> None:
    code, report = proof(daemon, bases, tmp_path, case)
    assert code == 2
    assert REASONS[name_of(case)] in report["error"]


def proof(daemon: Daemon, bases: Bases, folder: Path, case: Case) -> tuple[int, dict[str, Any]]:
    context = folder / "context"
    shutil.copytree(case.path / "before", context, symlinks=True)
    dockerfile = context / "Dockerfile"
    more = ["--network=host", f"--build-timeout={SECONDS}", "--allow=changes-behaviour"]
    command = ["optimize", str(dockerfile), "--build", "--format=json", f"--builder={daemon.host}"]
    done = CliRunner().invoke(cli, [*command, *more, *options(case, dockerfile, bases)])
    assert done.stdout, done.stderr
    (report,) = json.loads(done.stdout)["files"]
    return done.exit_code, report
