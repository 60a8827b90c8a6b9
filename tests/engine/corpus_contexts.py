"""Dockerfiles of the corpus with small contexts made for them: laid out, rewritten and built.

The corpus lies beside the checkout. FROM names the version of the base that the tests have a
stand-in for; of Alpine's images they have none, and the slim ones take their place.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests import corpus_files
from tests.engine.smoke import problems_of
from tests.engine.structure import build, structural
from tests.fixture_cases import produced

from reimage.context.survey import survey
from reimage.dockerfile import parse
from reimage.pipeline.selection import select
from reimage.rewriting import Claim, Outcome, rewrite
from reimage.text import decode

if TYPE_CHECKING:
    from tests.engine.bases import Bases
    from tests.engine.daemon import Daemon


class Made(NamedTuple):
    """A Dockerfile's id in the corpus, its made context, what should come out, the base in the
    file and the one that takes its place, and what its smoke file would say."""

    id: str
    outcome: str
    context: dict[str, str]
    base: tuple[str, str] | None
    smoke: dict[str, Any]

    @property
    def is_of_another_variant(self) -> bool:
        """Whether a slim image takes the place of one of Alpine."""
        return self.base is not None and "alpine" in self.base[0]


class Tried(NamedTuple):
    """Bytes of the image as the file stands and as it comes out, and what is said against both."""

    before: int
    after: int
    problems: list[str]


def _made() -> list[Made]:
    listed = tomllib.loads(Path(__file__).with_name("corpus_contexts.toml").read_text("utf-8"))
    return [
        Made(
            each["id"],
            each["outcome"],
            each["context"],
            (each["base"][0], each["base"][1]) if "base" in each else None,
            {"timeout": 60, **each.get("smoke", {})},
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
    """What all default transformations make of it, its context known."""
    tree = parse(decode(dockerfile.read_bytes())).tree
    context = survey(dockerfile.parent, dockerfile)
    return rewrite(tree, select(), allow=Claim.SAME_BEHAVIOUR, context=context)


def is_split(outcome: Outcome) -> bool:
    """Whether a structural transformation made a stage."""

    def stages(text: str) -> int:
        return sum(each.keyword == "FROM" for each in parse(text).tree.instructions)

    return bool(structural(outcome)) and stages(outcome.text) > stages(outcome.source)


def tried(daemon: Daemon, bases: Bases, made: Made, folder: Path) -> Tried:
    """Build and start the file as it stands and as it comes out. Raises CommandFailed."""
    dockerfile = lay(made, folder)
    outcome = rewritten(dockerfile)
    image = f"corpus-{made.id.rpartition('/')[2][:8]}"
    sizes, problems = [], []
    for kind, files in (("before", {}), ("after", produced(outcome))):
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8", newline="")
        tag = f"{image}:{kind}"
        sizes.append(build(daemon, bases, dockerfile, tag, tried=False).size)
        problems += [f"{kind}: {each}" for each in problems_of(daemon, tag, made.smoke)]
        daemon.docker("image", "rm", "--force", tag)
    return Tried(sizes[0], sizes[1], problems)
