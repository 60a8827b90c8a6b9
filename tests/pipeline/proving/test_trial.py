"""What smoke tests saw, and when a second look is taken."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.verify.images import subject

from buildkit_client import BuildRequest
from reimage.pipeline.proving.building import Built
from reimage.pipeline.proving.proving import _check_original
from reimage.pipeline.proving.refused import NotProvable
from reimage.pipeline.proving.trial import Trial
from reimage.rewriting import Claim, Outcome
from reimage.verify.smoke.judging import Seen
from reimage.verify.smoke.plan import Command, SmokeTest

UP, DOWN = Seen(None, frozenset({80})), Seen(None)
REWRITTEN = Outcome("FROM a\n", "FROM b\n")
IMAGE = subject()


def built(*seen: Seen, early: bool = False) -> Built:
    """Each observation sees the next of `seen`; the first one early."""
    left = list(seen)
    made = Built("it", BuildRequest(), lambda: IMAGE, "", 0.0, (), lambda *_: left.pop(0))
    if early:
        with ThreadPoolExecutor(1) as pool:
            made.smoke_early(pool)
    return made


def told(before: Built, after: Built) -> str:
    class Bench:
        original = before

        def built(self, _: Outcome) -> Built:
            return after

    bench: Any = Bench()
    return Trial(bench, SmokeTest()).fails(REWRITTEN, Claim.SAME_BEHAVIOUR)


def test_what_was_seen_early_counts_where_it_agrees() -> None:
    assert told(built(UP, early=True), built(UP)) == ""


def test_what_was_seen_early_and_differs_is_looked_at_again_on_both_sides() -> None:
    assert told(built(UP, UP, early=True), built(DOWN, UP)) == ""
    assert "port 80" in told(built(UP, UP, early=True), built(DOWN, DOWN))


def test_what_was_seen_in_its_turn_and_differs_is_not_looked_at_again() -> None:
    assert "port 80" in told(built(UP), built(DOWN))


def test_an_original_that_failed_early_has_another_try() -> None:
    test = SmokeTest(run=Command(("--version",)))
    good, bad = Seen(0), Seen(1)
    _check_original(built(good, early=True), test)
    _check_original(built(bad, good, early=True), test)
    with pytest.raises(NotProvable, match="does not pass its smoke test"):
        _check_original(built(bad, bad, early=True), test)
    with pytest.raises(NotProvable, match="does not pass its smoke test"):
        _check_original(built(bad), test)


def test_what_was_begun_early_does_not_count_as_run_before_it_is_asked_for() -> None:
    begun = built(UP, early=True)
    assert begun.seen is None
    assert begun.smoke(None) == begun.seen == UP
