"""Dockerfiles of the corpus with a small context made for them: what is split is built.

The corpus lies beside the checkout; where it is absent the tests are skipped and say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests import corpus_files
from tests.engine.corpus_contexts import MADE, SPLIT, Made, is_split, lay, rewritten, tried
from tests.engine.structure import structural_refusals

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.bases import Bases
    from tests.engine.daemon import Daemon

pytestmark = corpus_files.needs_corpus


def _id(made: Made) -> str:
    return made.id.rpartition("/")[2]


def test_there_are_enough_of_them() -> None:
    assert len(MADE) >= 30
    assert len(SPLIT) >= 20


@pytest.mark.parametrize("made", MADE, ids=_id)
def test_what_comes_out_of_a_corpus_file_with_a_context(made: Made, tmp_path: Path) -> None:
    outcome = rewritten(lay(made, tmp_path))
    split = is_split(outcome)
    refusals = [
        each for each in structural_refusals(outcome) if each.startswith("the build can't be told")
    ]
    assert split is (made.outcome == "split"), refusals
    if made.outcome == "nothing":
        assert not refusals
    elif not split:
        assert any(made.outcome in each for each in refusals), refusals


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize("made", SPLIT, ids=_id)
def test_what_is_split_builds_starts_and_is_smaller(
    daemon: Daemon, bases: Bases, tmp_path: Path, made: Made
) -> None:
    before, after, problems = tried(daemon, bases, made, tmp_path)
    assert problems == []
    assert after < before
