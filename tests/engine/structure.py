"""Applications as they were written, by an expert, and as all transformations leave them: built
beside one another on the base images of the tests, looked at and tried."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.engine.smoke import smoke_problems
from tests.fixture_cases import APPS, ROOT, produced

from reimage.context.survey import survey
from reimage.dockerfile import parse
from reimage.pipeline.selection import select
from reimage.rewriting import Claim, Outcome, Refusal, rewrite

if TYPE_CHECKING:
    from tests.engine.bases import Bases
    from tests.engine.daemon import Daemon

STRUCTURAL = frozenset(("split_build_stage", "use_distroless_final_stage", "use_slim_final_stage"))


class Built(NamedTuple):
    """An image: its size in bytes, unpacked and with its base, the number of layers that are not
    empty, and what its smoke file says against it."""

    size: int
    layers: int
    problems: list[str]


def applications() -> list[str]:
    """The names of all applications that can be tried."""
    return sorted(path.parent.name for path in (ROOT / APPS).glob("*/smoke.toml"))


def folder_of(app: str) -> Path:
    return ROOT / APPS / app


def rewritten(app: str) -> Outcome:
    """What all default transformations make of the application, its context known."""
    dockerfile = folder_of(app) / "Dockerfile"
    tree = parse(dockerfile.read_text("utf-8")).tree
    context = survey(dockerfile.parent, dockerfile)
    return rewrite(tree, select(), allow=Claim.SAME_BEHAVIOUR, context=context)


def structural(outcome: Outcome) -> list[str]:
    """The names of the structural transformations that were applied, in the order of names."""
    names = {applied.transformation.name for applied in outcome.applied}
    return sorted(names & STRUCTURAL)


def structural_refusals(outcome: Outcome) -> list[str]:
    """What the structural transformations say that they did not do, and why."""
    return [
        remark.finding.message
        for remark in outcome.remarks
        if remark.transformation.name in STRUCTURAL and isinstance(remark.finding, Refusal)
    ]


def write_rewritten(app: str, target: Path) -> Path:
    """The application's folder with the files that come out different. Gives its Dockerfile."""
    shutil.copytree(folder_of(app), target, symlinks=True)
    for name, text in produced(rewritten(app)).items():
        (target / name).write_text(text, "utf-8", newline="")
    return target / "Dockerfile"


def build(daemon: Daemon, bases: Bases, dockerfile: Path, tag: str, *, tried: bool = True) -> Built:
    """Build a Dockerfile in its own folder, and try the image. Raises CommandFailed."""
    options = [*bases.options_for(dockerfile), f"--file={dockerfile}", f"--tag={tag}"]
    how = ["--load", "--network=host", "--provenance=false"]
    daemon.docker("buildx", "build", *how, *options, str(dockerfile.parent))
    history = daemon.docker("history", "--human=false", "--format={{.Size}}", tag).split()
    sizes = [int(size) for size in history if int(size)]
    smoke = dockerfile.parent / "smoke.toml"
    problems = smoke_problems(daemon, tag, smoke) if tried else []
    return Built(sum(sizes), len(sizes), problems)
