"""Of rewrites that get in each other's way, one pass applies the one that stands first."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from reimage.model import Facts
from reimage.rewriting import Claim, Finding, Rewrite, transformation
from reimage.rewriting.engine import Identified, without_overlaps
from reimage.text import Edit, Span, overlap


@transformation(claim=Claim.SAME_IMAGE)
def anything(facts: Facts) -> Iterator[Finding]:
    """Do nothing."""
    yield from ()


def identified(*spans: Span, path: str = "", claim: Claim = Claim.SAME_IMAGE) -> Identified:
    edits = tuple(Edit(span, "x") for span in spans)
    files = {path: (Edit(Span(0, 0), "x"),)} if path else {}
    at = spans[0] if spans else Span(0, 0)
    return Identified("", anything, at, claim, Rewrite("why", at, edits, files))


spans = st.tuples(st.integers(0, 12), st.integers(0, 3)).map(lambda it: Span(it[0], sum(it)))


@given(st.lists(spans, max_size=12))
def test_no_two_overlap_and_nothing_is_left_out_without_need(places: list[Span]) -> None:
    chosen: list[Span] = []
    for span in sorted(places, key=lambda span: span.start):
        if not any(overlap(span, other) for other in chosen):
            chosen.append(span)
    found = without_overlaps(map(identified, places))
    assert [edit.span for one in found for edit in one.finding.edits] == chosen


def test_the_stronger_claim_goes_first_at_one_place() -> None:
    weak = identified(Span(0, 5), claim=Claim.SAME_BEHAVIOUR)
    strong = identified(Span(0, 4))
    assert without_overlaps([weak, strong]) == [strong]


def test_all_edits_of_a_rewrite_stay_away_or_none() -> None:
    first, second, third = (
        identified(Span(2, 4)),
        identified(Span(3, 3), Span(8, 9)),
        identified(Span(8, 9)),
    )
    assert without_overlaps([first, second, third]) == [first, third]


def test_two_rewrites_of_another_file_take_turns() -> None:
    one, other = identified(path=".dockerignore"), identified(path=".dockerignore")
    third = identified(path="elsewhere")
    assert without_overlaps([one, other, third]) == [one, third]
