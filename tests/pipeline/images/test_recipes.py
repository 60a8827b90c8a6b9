"""Steps of a history find their lines, and are left alone where they do not fit."""

from __future__ import annotations

import pytest
from tests.pipeline.images.subjects import DOCKERFILE, STEPS, subject

from reimage.pipeline.images.recipes import keyword, lines_of, readable, steps_of
from reimage.pipeline.images.subjects import Recipe


def places(dockerfile: str, target: str = "", **more: object) -> list[tuple[int, int, int]] | None:
    steps = steps_of(subject(**more).image)  # type: ignore[arg-type]
    lines = lines_of(Recipe("Dockerfile", dockerfile, target), steps)
    return None if lines is None else [(each.first, each.last, len(each.steps)) for each in lines]


@pytest.mark.parametrize(
    ("dockerfile", "target"),
    [
        ("", ""),
        ("# nothing\n", ""),
        (DOCKERFILE, "nowhere"),
        (DOCKERFILE, "build"),
        (DOCKERFILE.replace("ENV A=1", "USER a"), ""),
        (DOCKERFILE + "RUN one\n" * 9, ""),
    ],
)
def test_another_dockerfile_does_not_fit(dockerfile: str, target: str) -> None:
    assert places(dockerfile, target) is None


def test_every_instruction_of_the_last_stage_has_a_step_and_the_base_the_rest() -> None:
    assert places(DOCKERFILE) == [(4, 4, 1), (5, 5, 1), (7, 8, 1), (9, 9, 1), (10, 10, 1)]


def test_stages_on_stages_are_one_chain() -> None:
    chained = """FROM debian AS one\nENV A=1\nFROM golang AS other\nRUN no
FROM one\nRUN apt\nCOPY . .\nCMD x\n"""
    assert places(chained) == [(1, 1, 1), (2, 2, 1), (5, 5, 0), (6, 6, 1), (7, 7, 1), (8, 8, 1)]


@pytest.mark.parametrize("target", ["one", "ONE", "0"])
def test_a_target_is_found_by_name_and_number(target: str) -> None:
    file = "FROM debian AS one\nENV A=1\nRUN a\nCOPY . .\nCMD a\nFROM one\nUSER x\n"
    assert places(file, target) == [(1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 4, 1), (5, 5, 1)]


def test_a_history_that_does_not_fit_the_layers_leaves_the_layers() -> None:
    steps = steps_of(subject(steps=STEPS[:2]).image)
    assert [(step.entry, step.layer is not None) for step in steps] == [(None, True)] * 3


@pytest.mark.parametrize(
    ("text", "word", "shown"),
    [
        ("RUN |2 A=1 B=x y /bin/sh -c make all # buildkit", "RUN", "RUN make all"),
        ("RUN /bin/bash -ec make # buildkit", "RUN", "RUN make"),
        ("/bin/sh -c make", "RUN", "RUN make"),
        ('/bin/sh -c #(nop)  CMD ["a"]', "CMD", 'CMD ["a"]'),
        ("COPY a b # buildkit", "COPY", "COPY a b"),
        ("WORKDIR /app", "WORKDIR", "WORKDIR /app"),
        ("debuerreotype 0.15", "RUN", "debuerreotype 0.15"),
        ("", "RUN", ""),
    ],
)
def test_both_builders_words_are_known(text: str, word: str, shown: str) -> None:
    assert keyword(text) == word
    assert readable(text) == shown
