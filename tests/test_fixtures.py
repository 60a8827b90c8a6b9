"""Every fixture case comes out as written down, and the laws hold on each of them."""

from __future__ import annotations

import pytest
from tests.fixture_cases import ALL_TOGETHER, ROOT, UPDATE, Case, find_cases, produced

from reimage.dockerfile import parse
from reimage.rewriting import Claim, Refusal, Transformation, rewrite
from reimage.transforms import load

CASES = find_cases()


def each(cases: list[Case]) -> pytest.MarkDecorator:
    names = [f"{case.transformation}/{case.name}" for case in cases]
    return pytest.mark.parametrize("case", cases, ids=names)


@each(CASES)
def test_comes_out_as_written_down(case: Case) -> None:
    outcome = case.outcome()
    assert outcome.converged
    assert not outcome.dropped, [dropped.reason for dropped in outcome.dropped]
    files = produced(outcome)
    if UPDATE and files and not case.unchanged:
        case.accept(files)
    assert files == case.expected()
    assert bool(files) is not case.unchanged


@each([case for case in CASES if not case.unchanged])
def test_a_second_run_changes_nothing(case: Case) -> None:
    assert case.transformations
    first = case.outcome()
    again = rewrite(
        parse(first.text).tree,
        case.transformations,
        allow=Claim.CHANGES_BEHAVIOUR,
        context=case.context_with(first.files),
        images=case.images,
    )
    assert again.text == first.text
    assert not again.files


@each([case for case in CASES if case.name.startswith("refuses_")])
def test_a_refusal_names_its_reason(case: Case) -> None:
    findings = [remark.finding for remark in case.outcome().remarks]
    refusals = [finding for finding in findings if isinstance(finding, Refusal)]
    assert refusals
    assert all(len(refusal.message.split()) > 2 for refusal in refusals)


@pytest.mark.parametrize("transformation", load(), ids=lambda t: t.name)
def test_every_transformation_has_an_example_and_more_refusals_than_changes(
    transformation: Transformation,
) -> None:
    names = [case.name for case in CASES if case.transformation == transformation.name]
    assert "example" in names
    unchanged = [name for name in names if name.startswith(("leaves_", "refuses_"))]
    assert len(unchanged) >= len(names) - len(unchanged)
    assert any(name.startswith("refuses_") for name in names)


def test_every_folder_belongs_to_a_transformation() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    assert folders - {ALL_TOGETHER, "apps"} == {t.name for t in load()}
