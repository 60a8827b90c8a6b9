"""What becomes of a file once its rewrites were tried: only what was proven is told or written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from buildkit_client.errors import BuilderGone
from reimage.pipeline.optimize import optimize_file
from reimage.pipeline.options import Options
from reimage.pipeline.proving.proving import Proved, Proving, Task
from reimage.pipeline.proving.refused import NotProvable
from reimage.pipeline.proving.results import BuildReport, SavingReport, SideReport
from reimage.pipeline.results import FileReport, RunReport, Status
from reimage.report.json import as_json
from reimage.report.pieces import plain
from reimage.report.proof import proof_lines
from reimage.rewriting import Claim, Dropped

SOURCE = "FROM debian:12\nMAINTAINER Ada <ada@example.org>\nENV A 1\n"
REPORT = BuildReport(
    builder="unix:///builder.sock",
    smoke="run: app",
    before=SideReport(2_000_000, 1_000_000, 3, 2.0, 4, 1),
    after=SideReport(1_500_000, 900_000, 2, 1.0, 4, 3),
    builds=3,
    seconds=4.0,
    saved=SavingReport((), (), -500_000, -100_000, -1, None, None),
)


def dropping(name: str) -> Proving:
    """Proves everything but the rewrites of one transformation."""

    def prove(task: Task) -> Proved:
        whole = task.rewritten(frozenset())
        bad = [one for one in whole.applied if one.transformation.name == name]
        left = task.rewritten(frozenset(one.id for one in bad))
        return Proved(left, tuple(Dropped(one, "the build fails") for one in bad), (), REPORT)

    return cast("Proving", prove)


def failing(error: Exception) -> Proving:
    def prove(_task: Task) -> Proved:
        raise error

    return cast("Proving", prove)


def optimized(folder: Path, proving: Proving, **more: Any) -> tuple[FileReport, str]:
    path = folder / "Dockerfile"
    path.write_text(SOURCE)
    report = optimize_file(path, Options(proving=proving, **more))
    return report, path.read_text()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NotProvable("The original does not build: why."), "The original does not build: why."),
        (BuilderGone("it went away."), "The builder failed: it went away."),
    ],
)
def test_without_a_proof_nothing_is_written(tmp_path: Path, error: Exception, told: str) -> None:
    report, text = optimized(tmp_path, failing(error), write=True)
    assert (report.error, text) == (told, SOURCE)


def test_only_what_was_proven_is_written(tmp_path: Path) -> None:
    report, text = optimized(tmp_path, dropping("modernize_env_and_label"), write=True)
    assert "ENV A 1" in text
    assert "MAINTAINER" not in text
    found = {one.name: one for one in report.rewrites}
    assert found["replace-maintainer-with-label"].status is Status.WRITTEN
    assert found["modernize-env-and-label"].status is Status.DROPPED
    assert found["modernize-env-and-label"].reason == "the build fails"


def test_what_was_proven_is_suggested_as_such(tmp_path: Path) -> None:
    report, text = optimized(tmp_path, dropping("modernize_env_and_label"))
    assert text == SOURCE
    (proven,) = report.changed
    assert (proven.status, proven.evidence) == (Status.PROVEN, "built")
    assert "+LABEL" in report.patch
    (dropped,) = [one for one in report.rewrites if one.status is Status.DROPPED]
    assert dropped.evidence != "built"


def test_a_file_without_rewrites_is_not_built(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM debian:12\n")
    report = optimize_file(path, Options(proving=failing(NotProvable("no"))))
    assert (report.error, report.build) == (None, None)


def test_what_is_proven_may_be_written_with_a_weaker_claim(tmp_path: Path) -> None:
    """Without a build --write stops at same-files."""
    seen: list[Claim] = []

    def prove(task: Task) -> Proved:
        whole = task.rewritten(frozenset())
        seen.extend(one.claim for one in whole.applied)
        return Proved(whole, (), (), REPORT)

    path = tmp_path / "Dockerfile"
    path.write_text('FROM debian:12\nRUN apt-get update && apt-get install -y curl\nCMD ["curl"]\n')
    optimize_file(path, Options(proving=cast("Proving", prove), write=True))
    assert max(seen) is Claim.SAME_BEHAVIOUR


def test_the_figures_are_told(tmp_path: Path) -> None:
    report, _ = optimized(tmp_path, dropping("none"))
    assert report.build == REPORT
    assert json.loads(as_json(RunReport("1", (report,))))["files"][0]["build"]["builds"] == 3
    told = plain(proof_lines(report))
    assert "2.00 MB to 1.50 MB (-25.0 %)" in told
    assert "3 to 2" in told
    assert "3 builds in 4.0s" in told
    assert plain(proof_lines(FileReport("Dockerfile"))) == ""
