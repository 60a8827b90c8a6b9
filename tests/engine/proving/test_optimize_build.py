"""`reimage optimize --build` on applications, on a real builder; and claims that are wrong."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.fixture_cases import APPS, ROOT
from typer.testing import CliRunner

from buildkit_client import BuildRequest, connect
from reimage.cli.app import app as cli
from reimage.dockerfile import Run, parse
from reimage.model import Facts
from reimage.pipeline.proving.building import Settings
from reimage.pipeline.proving.proving import Proved, Proving, Task
from reimage.pipeline.proving.refused import NotProvable
from reimage.rewriting import Claim, Finding, Outcome, Rewrite, Transformation, rewrite
from reimage.rewriting import transformation as declare
from reimage.text import Edit, Span
from reimage.verify.smoke.plan import Command, SmokeTest

if TYPE_CHECKING:
    from tests.engine.bases import Bases
    from tests.engine.daemon import Daemon

pytestmark = pytest.mark.engine


#: Every application in the slow lane, one of them in the engine lane.
APPLICATIONS = [
    name if name == "node" else pytest.param(name, marks=pytest.mark.slow)
    for name in sorted(path.parent.name for path in ROOT.glob(f"{APPS}/*/Dockerfile"))
]


@pytest.mark.parametrize("name", APPLICATIONS)
def test_an_application_is_rewritten_and_proven(
    daemon: Daemon, bases: Bases, name: str, tmp_path: Path
) -> None:
    folder = tmp_path / name
    shutil.copytree(ROOT / APPS / name, folder)
    dockerfile = folder / "Dockerfile"
    options = [
        "--build",
        "--network=host",
        f"--builder={daemon.host}",
        *bases.options_for_rewriting(dockerfile),
    ]
    smoke = f"--smoke={folder / 'smoke.toml'}"
    command = ["optimize", str(dockerfile), smoke, *options]
    done = CliRunner().invoke(cli, [*command, "--format=json"])
    assert done.exit_code == 0, done.stderr
    (report,) = json.loads(done.stdout)["files"]
    print(json.dumps(report["build"], indent=1))  # noqa: T201 - the figures of a run by hand
    statuses = {one["status"] for one in report["rewrites"]}
    assert "proven" in statuses
    told = [f"{one['name']}: {one['reason']}" for one in report["rewrites"] if one["reason"]]
    assert "dropped" not in statuses, told
    assert {one["evidence"] for one in report["rewrites"] if one["status"] == "proven"} == {"built"}
    assert 2 <= report["build"]["builds"] <= 4
    done = CliRunner().invoke(cli, [*command, "--write"])
    assert done.exit_code == 0, done.stderr
    assert dockerfile.read_bytes() != (ROOT / APPS / name / "Dockerfile").read_bytes()


def test_an_original_that_does_not_build_is_bad_input(daemon: Daemon, tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM scratch\nMAINTAINER me\nCOPY missing /\n")
    command = ["optimize", str(dockerfile), "--build", "--write", f"--builder={daemon.host}"]
    done = CliRunner().invoke(cli, command)
    assert done.exit_code == 2
    assert "The original does not build: line 3" in done.stderr
    assert "MAINTAINER" in dockerfile.read_text()


def _every_run(facts: Facts) -> Iterator[tuple[Run, Span, str]]:
    for instruction in facts.dockerfile.instructions:
        if isinstance(instruction, Run):
            span = instruction.arguments.whole
            yield instruction, span, span.of(facts.dockerfile.source)


@declare(claim=Claim.SAME_IMAGE)
def spread_out(facts: Facts) -> Iterator[Finding]:
    """Honest: blanks change nothing."""
    for run, span, text in _every_run(facts):
        if text.startswith("echo honest") and "  " not in text:
            yield Rewrite("wider", run.span, (Edit(span, text.replace(" ", "  ", 1)),))


SOURCE = """FROM debian:12-slim
RUN echo honest > /srv/honest
RUN echo 42 > /srv/answer && echo data > /srv/data
CMD ["sleep", "1000"]
"""


def test_what_no_build_repeats_is_told_from_what_differs(daemon: Daemon, bases: Bases) -> None:
    source = SOURCE + "RUN head -c 16 /dev/urandom > /srv/random\n"
    proved = _proved(daemon, bases, source, (spread_out,), SmokeTest())
    assert proved.dropped == ()
    assert "echo  honest" in proved.outcome.text
    assert proved.report.builds == 3


def test_an_original_that_fails_its_smoke_test_proves_nothing(daemon: Daemon, bases: Bases) -> None:
    test = SmokeTest(run=Command(("cat", "/srv/none"), expect="x"), timeout=5)
    source = SOURCE.replace('CMD ["sleep", "1000"]', 'ENTRYPOINT ["env"]')
    with pytest.raises(NotProvable, match="does not pass its smoke test: it ends with code 1"):
        _proved(daemon, bases, source, (spread_out,), test)


def test_a_smoke_test_that_floods_is_bounded(daemon: Daemon, bases: Bases) -> None:
    test = SmokeTest(run=Command(("yes",), whole=True, exit=None), timeout=3)
    proved = _proved(daemon, bases, SOURCE, (spread_out,), test)
    assert proved.dropped == ()


def test_rewrites_of_what_is_not_built_are_not_called_proven(daemon: Daemon, bases: Bases) -> None:
    source = SOURCE.replace("FROM debian:12-slim", "FROM debian:12-slim AS other", 1)
    source += "FROM debian:12-slim\nRUN echo honestly > /srv/two\n"
    proved = _proved(daemon, bases, source, (spread_out,), SmokeTest())
    assert [one.original.start for one in proved.unchecked] == [source.index("RUN")]
    assert "echo  honestly" in proved.outcome.text
    assert "echo  honest >" not in proved.outcome.text


def _proved(
    daemon: Daemon,
    bases: Bases,
    source: str,
    transformations: tuple[Transformation, ...],
    test: SmokeTest,
) -> Proved:
    tree = parse(source).tree

    def rewritten(without: frozenset[str]) -> Outcome:
        return rewrite(tree, transformations, without=without)

    with connect(daemon.host) as builder:
        request = BuildRequest(contexts=bases.named_contexts, network="host")
        settings = Settings(builder, request, test, tell=print)
        return Proving(settings)(Task(tree, None, None, b"", rewritten))
