"""Slim bases beside transformations that change the same FROM."""

from __future__ import annotations

import pytest
from tests.fixture_cases import Case, find_cases

from reimage.dockerfile import parse
from reimage.model import ContextFacts
from reimage.rewriting import Claim, rewrite
from reimage.transforms import load

BESIDE = (
    "copy_only_what_runs",
    "drop_build_tools",
    "run_as_nonroot",
    "split_build_stage",
    "use_distroless_final_stage",
    "use_slim_base",
    "use_slim_final_stage",
)
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


FAT = """\
FROM node:22 AS build
WORKDIR /app
COPY package.json .
RUN npm install --omit=dev

FROM node:22
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY server.js .
CMD ["node", "server.js"]
"""


@pytest.mark.parametrize(
    ("left_out", "image"),
    [
        ((), "gcr.io/distroless/nodejs22-debian12"),
        (("use_distroless_final_stage",), "node:22-slim"),
        (("use_distroless_final_stage", "use_slim_final_stage"), "node:22"),
    ],
)
def test_slim_takes_the_place_of_distroless_where_that_is_left_out(
    left_out: tuple[str, ...], image: str
) -> None:
    context = ContextFacts({"package.json": 2, "server.js": 1}, frozenset(), texts={})
    chosen = [each for each in load() if each.alternative_to is None and each.name not in left_out]
    outcome = rewrite(parse(FAT).tree, chosen, allow=Claim.SAME_BEHAVIOUR, context=context)
    assert f"\nFROM {image}\n" in outcome.text


def test_slim_takes_the_place_of_distroless_where_a_proof_drops_that() -> None:
    context = ContextFacts({"package.json": 2, "server.js": 1}, frozenset(), texts={})
    chosen = [each for each in load() if each.alternative_to is None]
    first = rewrite(parse(FAT).tree, chosen, context=context)
    dropped = [one.id for one in first.applied if "distroless" in one.transformation.name]
    second = rewrite(parse(FAT).tree, chosen, context=context, without=dropped)
    assert "\nFROM node:22-slim\n" in second.text


SLIM = """\
FROM node:22-slim
WORKDIR /app
COPY package.json .
RUN npm install --omit=dev
COPY server.js .
CMD ["node", "server.js"]
"""


@pytest.mark.parametrize(("left_out", "stages"), [("", 2), ("use_distroless_final_stage", 1)])
def test_a_slim_stage_is_split_for_a_distroless_image_alone(left_out: str, stages: int) -> None:
    manifest = '{"dependencies": {"ms": "2.1.3"}}'
    files = {"package.json": len(manifest), "server.js": 1}
    context = ContextFacts(files, frozenset(), texts={"package.json": manifest})
    chosen = [each for each in load() if each.alternative_to is None and each.name != left_out]
    outcome = rewrite(parse(SLIM).tree, chosen, context=context)
    assert outcome.text.count("FROM ") == stages
