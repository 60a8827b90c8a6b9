"""Small images with a history, as `inspect` and `compare` get them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from tests.image.making import Member, file, files_as_tar, layout, tar

from reimage.image.contents import Contents
from reimage.image.entries import Entry
from reimage.image.opening import read_stream
from reimage.pipeline.images.subjects import BuildFigures, Recipe, Subject, reading

DOCKERFILE = """\
FROM golang:1 AS build
RUN make

FROM debian:12-slim
ENV A=1
# lists
RUN apt-get update && \\
    apt-get install -y app
COPY --from=build /app /app
CMD ["/app"]
"""
STEPS = (
    ("# debian.sh --arch 'amd64' out/", True),
    ("ENV A=1", False),
    ("RUN /bin/sh -c apt-get update &&     apt-get install -y app # buildkit", True),
    ("COPY /app /app # buildkit", True),
    ('CMD ["/app"]', False),
)
LAYERS: tuple[list[Member], ...] = (
    [file("bin/sh", b"s" * 1000, mode=0o755)],
    [file("var/lib/apt/lists/all", b"l" * 700), file("usr/app.conf", b"c" * 50)],
    [file("app", b"a" * 300, mode=0o755)],
)


def history(steps: tuple[tuple[str, bool], ...]) -> list[dict[str, object]]:
    return [{"created_by": text, "empty_layer": not layer} for text, layer in steps]


def subject(
    *layers: list[Member],
    steps: tuple[tuple[str, bool], ...] = STEPS,
    dockerfile: str | None = DOCKERFILE,
    target: str = "",
    built: BuildFigures | None = None,
    keep: Callable[[Entry, bytes], bool] | None = None,
    stack: ExitStack | None = None,
    **config: object,
) -> Subject:
    made = layout(
        *(tar(*members) for members in layers or LAYERS), history=history(steps), config=config
    )
    contents = stack.enter_context(Contents(1 << 20)) if stack else None
    image = read_stream([files_as_tar(made)], reading=reading(contents, *([keep] if keep else [])))
    recipe = None if dockerfile is None else Recipe("Dockerfile", dockerfile, target)
    return Subject("app", image, contents, recipe, built)
