"""Bisection finds who is to blame, keeps the rest, and does not build more than it has to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import pytest

from reimage.dockerfile import Run, parse
from reimage.model import Facts
from reimage.pipeline.proving.search import Found, culprit, search
from reimage.rewriting import Claim, Finding, Outcome, Rewrite, rewrite, transformation
from reimage.text import Edit

SOURCE = "FROM debian:12\n" + "".join(f"RUN step{number}\n" for number in range(8))


def _upper(facts: Facts, marks: str) -> Iterator[Rewrite]:
    for instruction in facts.dockerfile.instructions:
        span = instruction.arguments.whole
        text = span.of(facts.dockerfile.source)
        if isinstance(instruction, Run) and text[-1] in marks and text.islower():
            yield Rewrite(f"louder {text}", instruction.span, (Edit(span, text.upper()),))


@transformation(claim=Claim.SAME_IMAGE)
def shout(facts: Facts) -> Iterator[Finding]:
    """Write the first four in upper case."""
    yield from _upper(facts, "0123")


@transformation(claim=Claim.SAME_FILES)
def cry(facts: Facts) -> Iterator[Finding]:
    """Write the others in upper case."""
    yield from _upper(facts, "4567")


@transformation(claim=Claim.SAME_BEHAVIOUR)
def wonder(facts: Facts) -> Iterator[Finding]:
    """Add to what is in upper case."""
    for instruction in facts.dockerfile.instructions:
        span = instruction.arguments.whole
        text = span.of(facts.dockerfile.source)
        if isinstance(instruction, Run) and text.isupper() and not text.endswith("?"):
            yield Rewrite("wonder", instruction.span, (Edit(span, f"{text}?"),))


class Bench:
    """Counts what would be built: each text once."""

    def __init__(self, reason: Callable[[str, Claim], str]) -> None:
        self._reason = reason
        self.texts: set[str] = set()

    def prepare(self, outcomes: Sequence[Outcome]) -> None:
        self.texts |= {each.text for each in outcomes if each.text != each.source}

    def fails(self, outcome: Outcome, claim: Claim, *, blames: bool = True) -> str:
        del blames
        if outcome.text == outcome.source:
            return ""
        self.texts.add(outcome.text)
        return self._reason(outcome.text, claim)


def searched(
    reason: Callable[[str, Claim], str], *transformations: object
) -> tuple[Found, int, list[tuple[int, str]]]:
    """What was found, how many builds it took, and the dropped by line."""
    tree = parse(SOURCE).tree
    chosen = transformations or (shout, cry)

    @cache
    def rewritten(without: frozenset[str]) -> Outcome:
        return rewrite(tree, chosen, without=without)  # type: ignore[arg-type]

    bench = Bench(reason)
    found = search(rewritten, bench)
    lines = [
        (found.outcome.source.count("\n", 0, each.rewrite.original.start) + 1, each.reason)
        for each in found.dropped
    ]
    return found, len(bench.texts), lines


def test_nothing_is_built_where_nothing_is_rewritten() -> None:
    found, builds, dropped = searched(lambda *_: "no", wonder)
    assert (found.outcome.text, builds, dropped) == (SOURCE, 0, [])


def test_where_everything_fails_the_original_is_left() -> None:
    found, _, dropped = searched(lambda *_: "no")
    assert found.outcome.text == SOURCE
    assert sorted(dropped) == [(line, "no") for line in range(2, 10)]


def test_one_build_shows_that_all_is_well() -> None:
    found, builds, dropped = searched(lambda *_: "")
    assert (builds, dropped) == (1, [])
    assert len(found.outcome.applied) == 8


@pytest.mark.parametrize("number", range(8))
def test_what_breaks_the_build_is_named_and_the_rest_stays(number: int) -> None:
    def reason(text: str, _claim: Claim) -> str:
        return f"line {number + 2} does not build" if f"STEP{number}" in text else ""

    found, builds, dropped = searched(reason)
    assert dropped == [(number + 2, f"line {number + 2} does not build")]
    assert f"step{number}" in found.outcome.text
    assert found.outcome.text.count("STEP") == 7
    assert builds <= 7


def test_what_breaks_only_a_weaker_claims_check_is_named_at_that_level() -> None:
    def reason(text: str, claim: Claim) -> str:
        return "the smoke test fails" if claim >= Claim.SAME_FILES and "STEP5" in text else ""

    found, builds, dropped = searched(reason)
    # All of them keep the strongest claim there is: only a weaker one could fail, and does not.
    assert (len(found.outcome.applied), builds, dropped) == (8, 1, [])


def test_a_claim_is_checked_without_those_who_make_a_weaker_one() -> None:
    """Files that differ break what claims to be the same image, although others say they may."""

    def reason(text: str, claim: Claim) -> str:
        differing = [mark for mark in ("STEP2", "STEP5") if mark in text]
        return f"files differ by {differing}" if claim is Claim.SAME_IMAGE and differing else ""

    found, builds, dropped = searched(reason)
    assert dropped == [(4, "files differ by ['STEP2']")]
    assert "STEP5" in found.outcome.text
    assert builds <= 7


@pytest.mark.parametrize(("one", "other"), [(0, 3), (1, 2), (4, 7), (2, 6), (0, 7)])
def test_what_harms_only_together_with_another_is_named_with_it(one: int, other: int) -> None:
    def reason(text: str, _claim: Claim) -> str:
        return "boom" if f"STEP{one}" in text and f"STEP{other}" in text else ""

    found, builds, dropped = searched(reason)
    name = "shout" if one < 4 else "cry"
    assert dropped == [(other + 2, f"boom (only together with {name} of line {one + 2})")]
    assert found.outcome.text.count("STEP") == 7
    assert builds <= 11


def test_two_that_break_something_are_both_named() -> None:
    def reason(text: str, _claim: Claim) -> str:
        return next((mark for mark in ("STEP1", "STEP6") if mark in text), "")

    found, _, dropped = searched(reason)
    assert sorted(dropped) == [(3, "STEP1"), (8, "STEP6")]
    assert found.outcome.text.count("STEP") == 6


def test_what_builds_on_something_that_goes_goes_with_it() -> None:
    def reason(text: str, _claim: Claim) -> str:
        return "boom" if "STEP1" in text else ""

    found, _, dropped = searched(reason, shout, wonder)
    assert (3, "boom") in dropped
    assert (3, "it builds on a rewrite that was dropped") in dropped
    assert len(dropped) == 2
    assert found.outcome.text.count("?") == 3


@pytest.mark.parametrize("guilty", range(64))
def test_bisection_takes_the_logarithm(guilty: int) -> None:
    ids = [str(number) for number in range(64)]
    tried: list[object] = []

    def fails(some: object) -> bool:
        assert isinstance(some, list)
        tried.append(some)
        return str(guilty) in some

    assert culprit(ids, fails) == (str(guilty), None)
    assert len(tried) <= 7


@transformation(claim=Claim.SAME_BEHAVIOUR, may_change=("From",))
def slim(facts: Facts) -> Iterator[Finding]:
    """Start from a smaller image."""
    for instruction in facts.dockerfile.instructions:
        span = instruction.arguments.whole
        if span.of(facts.dockerfile.source) == "debian:12":
            yield Rewrite("slim", instruction.span, (Edit(span, "debian:12-slim"),))


def prepared(*transformations: object) -> list[str]:
    """What is begun to be built before anything is known."""
    found: list[str] = []

    class Watched(Bench):
        def prepare(self, outcomes: Sequence[Outcome]) -> None:
            found.extend(each.text for each in outcomes if not self.texts)
            super().prepare(outcomes)

    tree = parse(SOURCE).tree
    bench = Watched(lambda _, claim: "" if claim >= Claim.SAME_BEHAVIOUR else "differs")
    search(lambda without: rewrite(tree, transformations, without=without), bench)  # type: ignore[arg-type]
    assert set(found) <= bench.texts
    return found


def test_what_another_base_makes_necessary_is_built_from_the_start() -> None:
    whole, two, one = prepared(shout, cry, slim)
    assert "slim" in whole
    assert "slim" not in two + one
    assert sorted((two.count("STEP"), one.count("STEP"))) == [4, 8]
    assert len(prepared(shout, cry)) == 1
