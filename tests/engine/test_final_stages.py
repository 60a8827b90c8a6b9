"""Final stages on slim images, and programs that are not root's, are built and answer."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.engine.smoke import smoke_problems
from tests.fixture_cases import ROOT

from reimage.context.survey import survey
from reimage.dockerfile import parse
from reimage.pipeline.selection import select
from reimage.rewriting import Claim, rewrite

if TYPE_CHECKING:
    from tests.engine.bases import Bases
    from tests.engine.daemon import Daemon

pytestmark = [pytest.mark.engine, pytest.mark.slow]

SMOKE = """\
timeout = 60
[[http]]
port = {port}
path = "/"
expect = "hello"
"""
CASES = [
    ("use_slim_final_stage", "example", 8000, ""),
    ("use_slim_final_stage", "brings_curl_for_a_health_check", 3000, ""),
    ("run_as_nonroot", "example", 8000, "app"),
]


@pytest.mark.parametrize(
    ("transformation", "name", "port", "user"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES]
)
def test_what_comes_out_builds_and_answers(
    daemon: Daemon,
    bases: Bases,
    tmp_path: Path,
    transformation: str,
    name: str,
    port: int,
    user: str,
) -> None:
    folder = tmp_path / "context"
    shutil.copytree(ROOT / transformation / name / "before", folder)
    dockerfile = folder / "Dockerfile"
    before = dockerfile.read_text().replace("-bookworm", "")
    outcome = rewrite(
        parse(before).tree,
        select([transformation]),
        allow=Claim.SAME_BEHAVIOUR,
        context=survey(folder, dockerfile),
    )
    assert [applied.transformation.name for applied in outcome.applied] == [transformation]
    sizes = []
    for text, tag in ((before, "before"), (outcome.text, "after")):
        dockerfile.write_text(text)
        how = ["--load", "--network=host", "--provenance=false", f"--tag={name}:{tag}"]
        daemon.docker("buildx", "build", *how, *bases.options_for(dockerfile), str(folder))
        history = daemon.docker("history", "--human=false", "--format={{.Size}}", f"{name}:{tag}")
        sizes.append(sum(map(int, history.split())))
    smoke = tmp_path / "smoke.toml"
    smoke.write_text(SMOKE.format(port=port))
    assert smoke_problems(daemon, f"{name}:after", smoke) == []
    if user:
        said = daemon.docker("inspect", "--format={{.Config.User}}", f"{name}:after")
        assert said.strip() == user
    else:
        assert sizes[1] < 0.6 * sizes[0]
