"""Claims that are wrong on purpose are caught, named and dropped; what is honest stays.

A lie is a folder `fixtures/lies/<name>/` with the Dockerfile `before/` and what the lie makes of
it, `after/`; `lie.toml` tells its `claim`, the fields it says it `may-change`, the command of the
`smoke` test if there is one, the seconds a build may take (`build-timeout`), and the `reason` for
which it is to be dropped. Lies about the configuration are caught before anything is built, as are
all that the text tells already.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixture_cases import ROOT

from buildkit_client import BuildRequest, connect
from reimage.dockerfile import parse
from reimage.model import Facts
from reimage.pipeline.proving.building import Settings
from reimage.pipeline.proving.proving import Proved, Proving, Task
from reimage.rewriting import Claim, Finding, Outcome, Rewrite, Transformation, rewrite
from reimage.rewriting import transformation as declare
from reimage.text import Edit
from reimage.verify.smoke.plan import Command, SmokeTest

if TYPE_CHECKING:
    from tests.engine.buildkit.conftest import MakeContext
    from tests.engine.daemon import Daemon

LIES = sorted((ROOT.parent / "lies").glob("lies_*"))
CLAIMS = {claim.label: claim for claim in Claim}


@declare(claim=Claim.SAME_IMAGE)
def spread_out(facts: Facts) -> Iterator[Finding]:
    """Honest: blanks change nothing."""
    for instruction in facts.dockerfile.instructions:
        span = instruction.arguments.whole
        if (text := span.of(facts.dockerfile.source)) == "echo honest > /honest":
            yield Rewrite("wider", instruction.span, (Edit(span, text.replace(" ", "  ", 1)),))


def liar(folder: Path, told: dict[str, Any]) -> Transformation:
    """Does what lies between `before` and `after`: one instruction has other arguments."""
    before, after = (parse(_source(folder / which)).tree for which in ("before", "after"))
    (pair,) = [
        (old.arguments.whole.of(before.source), new.arguments.whole.of(after.source))
        for old, new in zip(before.instructions, after.instructions, strict=True)
        if old.arguments.whole.of(before.source) != new.arguments.whole.of(after.source)
    ]

    def lie(facts: Facts) -> Iterator[Finding]:
        """Says more than is true."""
        for instruction in facts.dockerfile.instructions:
            span = instruction.arguments.whole
            if span.of(facts.dockerfile.source) == pair[0]:
                yield Rewrite("better", instruction.span, (Edit(span, pair[1]),))

    claim = CLAIMS[told["claim"]]
    return declare(claim=claim, may_change=tuple(told.get("may-change", ())))(lie)


def _source(folder: Path) -> str:
    return (folder / "Dockerfile").read_text("utf-8")


def test_there_is_a_lie_for_every_claim_that_can_be_wrong() -> None:
    told = {tomllib.loads((each / "lie.toml").read_text("utf-8"))["claim"] for each in LIES}
    assert told == {"same-image", "same-files", "same-behaviour"}
    assert sum(each.name.startswith("lies_config") for each in LIES) >= 4


@pytest.mark.engine
@pytest.mark.parametrize("folder", LIES, ids=[each.name for each in LIES])
def test_a_lie_is_caught_and_named_and_what_is_honest_stays(
    daemon: Daemon, make_context: MakeContext, folder: Path
) -> None:
    told = tomllib.loads((folder / "lie.toml").read_text("utf-8"))
    lie = liar(folder, told)
    smoke = told.get("smoke")
    run = Command(tuple(smoke.split()), whole=True, exit=None) if smoke else None
    source = _source(folder / "before")
    test, limit = SmokeTest(run=run), told.get("build-timeout")
    proved = _proved(daemon, make_context(), source, (spread_out, lie), test, limit)
    (dropped,) = [*proved.outcome.dropped, *proved.dropped]
    assert dropped.rewrite.transformation is lie
    assert told["reason"] in dropped.reason
    assert proved.outcome.text == source.replace("echo honest", "echo  honest")
    assert proved.report.builds <= 5


def _proved(
    daemon: Daemon,
    context: Path,
    source: str,
    transformations: tuple[Transformation, ...],
    test: SmokeTest,
    limit: float | None,
) -> Proved:
    tree = parse(source).tree

    def rewritten(without: frozenset[str]) -> Outcome:
        return rewrite(tree, transformations, without=without)

    with connect(daemon.host) as builder:
        request = BuildRequest(network="host")
        settings = Settings(builder, request, test, timeout=limit, tell=print)
        return Proving(settings)(Task(tree, context, None, b"", rewritten))
