"""What an image stands on."""

from __future__ import annotations

import pytest

from reimage.pipeline.proving.foundations import base_image, foundation

SOURCE = """# syntax=docker/dockerfile:1
ARG TAG=12
FROM --platform=linux/amd64 debian:$TAG AS one
RUN make
FROM golang AS other
FROM one AS two
COPY --from=other / /
"""


def test_it_is_the_image_below_the_last_stage_as_it_is_written() -> None:
    head = "# syntax=docker/dockerfile:1\nARG TAG=12\n"
    assert foundation(SOURCE, "").splitlines() == [
        *head.splitlines(),
        "FROM --platform=linux/amd64 debian:$TAG AS one",
    ]
    assert base_image(SOURCE) == "debian:12"


@pytest.mark.parametrize(
    ("target", "last"), [("other", "FROM golang AS other"), ("1", "FROM golang AS other")]
)
def test_a_target_stands_on_something_else(target: str, last: str) -> None:
    assert foundation(SOURCE, target).splitlines()[-1] == last


def test_nothing_is_below_scratch() -> None:
    assert foundation("FROM scratch\nCOPY a /\n", "") == ""
