"""Dockerfiles of the corpus with a small context made for them: what is split is built.

The corpus lies beside the checkout; where it is absent the tests are skipped and say so. FROM names
the version of the base that the tests have a stand-in for.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from tests import corpus_files
from tests.engine.structure import structural, structural_refusals
from tests.fixture_cases import produced

from reimage.context.survey import survey
from reimage.dockerfile import parse
from reimage.pipeline.selection import select
from reimage.rewriting import Claim, Outcome, rewrite
from reimage.text import decode

if TYPE_CHECKING:
    from tests.engine.bases import Bases
    from tests.engine.daemon import Daemon

pytestmark = corpus_files.needs_corpus


class Made(NamedTuple):
    """A Dockerfile's id in the corpus, its made context, and what should come out."""

    id: str
    outcome: str
    context: dict[str, str]
    base: tuple[str, str] | None


def _made() -> list[Made]:
    listed = tomllib.loads(Path(__file__).with_name("corpus_contexts.toml").read_text("utf-8"))
    return [
        Made(
            each["id"],
            each["outcome"],
            each["context"],
            (each["base"][0], each["base"][1]) if "base" in each else None,
        )
        for each in listed["file"]
    ]


MADE = _made()
SPLIT = [each for each in MADE if each.outcome == "split"]


def lay(made: Made, folder: Path) -> Path:
    """The context with the corpus file as its Dockerfile."""
    for name, text in made.context.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
        if name.endswith(".sh"):
            (folder / name).chmod(0o755)
    source = decode(corpus_files.path({"id": made.id}).read_bytes())
    if made.base:
        assert f"FROM {made.base[0]}\n" in source
        source = source.replace(f"FROM {made.base[0]}\n", f"FROM {made.base[1]}\n")
    dockerfile = folder / "Dockerfile"
    dockerfile.write_text(source, "utf-8", newline="")
    return dockerfile


def rewritten(dockerfile: Path) -> Outcome:
    tree = parse(decode(dockerfile.read_bytes())).tree
    context = survey(dockerfile.parent, dockerfile)
    return rewrite(tree, select(), allow=Claim.SAME_BEHAVIOUR, context=context)


def _id(made: Made) -> str:
    return made.id.rpartition("/")[2]


@pytest.mark.parametrize("made", MADE, ids=_id)
def test_what_comes_out_of_a_corpus_file_with_a_context(made: Made, tmp_path: Path) -> None:
    outcome = rewritten(lay(made, tmp_path))
    split = "split_build_stage" in structural(outcome)
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
def test_what_is_split_builds(daemon: Daemon, bases: Bases, tmp_path: Path, made: Made) -> None:
    dockerfile = lay(made, tmp_path)
    for name, text in produced(rewritten(dockerfile)).items():
        (tmp_path / name).write_text(text, "utf-8", newline="")
    how = ["--network=host", "--provenance=false", f"--file={dockerfile}"]
    daemon.docker("buildx", "build", *how, *bases.options_for(dockerfile), str(tmp_path))
