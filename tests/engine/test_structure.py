"""Applications whose build is split from what runs are still built, and still answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.engine.structure import (
    applications,
    build,
    folder_of,
    rewritten,
    structural,
    write_rewritten,
)

if TYPE_CHECKING:
    from tests.engine.bases import Bases
    from tests.engine.daemon import Daemon

pytestmark = pytest.mark.engine

OF_EACH_RUN = ("c-extension", "go-links")
"""Split whenever the engine lane runs: those whose base images are the smallest."""
SPLIT = [app for app in applications() if structural(rewritten(app))]
WORST = 0.6


@pytest.mark.parametrize(
    "app",
    [
        pytest.param(app, marks=() if app in OF_EACH_RUN else pytest.mark.slow, id=app)
        for app in SPLIT
    ],
)
def test_a_split_application_is_smaller_and_answers(
    daemon: Daemon, bases: Bases, tmp_path: Path, app: str
) -> None:
    ours = build(daemon, bases, write_rewritten(app, tmp_path / app), f"{app}-ours")
    assert ours.problems == []
    naive = build(daemon, bases, folder_of(app) / "Dockerfile", f"{app}-naive")
    assert naive.problems == []
    assert ours.size < WORST * naive.size


def test_the_applications_of_each_run_are_split() -> None:
    assert set(OF_EACH_RUN) <= set(SPLIT)
