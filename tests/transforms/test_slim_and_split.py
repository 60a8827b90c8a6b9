"""Slim bases beside transformations that change the same FROM."""

from __future__ import annotations

import pytest
from tests.fixture_cases import Case, find_cases

from reimage.dockerfile import parse
from reimage.rewriting import Claim, rewrite
from reimage.transforms import load

BESIDE = ("split_build_stage", "use_distroless_final_stage", "use_slim_base")
CASES = [case for case in find_cases() if case.transformation in BESIDE]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.transformation}-{case.name}")
def test_together_they_come_to_rest(case: Case) -> None:
    chosen = [each for each in load() if each.name in BESIDE]
    tree = parse(case.source).tree

    def run(source: str) -> str:
        outcome = rewrite(
            parse(source).tree,
            chosen,
            allow=Claim.CHANGES_BEHAVIOUR,
            context=case.context,
            images=case.images,
        )
        assert outcome.converged
        return outcome.text

    once = run(tree.source)
    assert run(once) == once
