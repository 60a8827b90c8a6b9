"""Targets of `inspect` and `compare`: what was typed becomes an image with its Dockerfile."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from reimage.cli.building.flags import Flags
from reimage.cli.errors import BadUsage, told_as_usage
from reimage.cli.streams import Streams

if TYPE_CHECKING:
    from buildkit_client import Builder, BuildRequest, Event
    from reimage.cli.building.contexts import Sources
    from reimage.cli.building.showing import Showing
    from reimage.image.anatomy import Image
    from reimage.image.contents import Contents
    from reimage.image.entries import Entry
    from reimage.image.layers import Reading
    from reimage.image.platforms import Platform
    from reimage.pipeline.images.subjects import BuildFigures, Recipe, Subject, Touch
    from reimage.pipeline.images.targets import Target


_RARELY = 200_000
"""So many new objects before the collector looks for cycles."""


class Opening:
    """Opens the targets of one command. `flags` are those of the build, where one is built."""

    def __init__(
        self,
        flags: Flags,
        streams: Streams,
        keep: "Callable[[Entry, bytes], bool] | None" = None,
        *,
        dockerfile: str | None = None,
        touch: str | None = None,
        again: bool = False,
    ) -> None:
        self._flags = flags
        self._streams = streams
        self._keep = keep
        self._dockerfile = dockerfile
        self._touch = touch
        self._again = again
        # An image is many small values without cycles; looking for some takes a tenth of the time.
        gc.set_threshold(_RARELY)
        if len(flags.platform or ()) > 1:
            raise BadUsage("--platform: one image is looked at, so give one platform.")

    def open(self, found: "Target", stack: ExitStack, context: str | None = None) -> "Subject":
        """The image that a word means; what it needs lives as long as `stack`.

        `context` is the build context of a Dockerfile, if not the folder that it is in.
        """
        from reimage.image.contents import Contents
        from reimage.image.limits import DEFAULT

        with told():
            contents = stack.enter_context(Contents(DEFAULT.kept)) if self._keep else None
            if not found.is_built:
                return self._read(found, contents, context)
            return self._built(found, contents, context)

    def _read(self, found: "Target", contents: "Contents | None", context: str | None) -> "Subject":
        from reimage.pipeline.images.opening import opened
        from reimage.pipeline.images.subjects import Recipe, Subject, reading

        if context is not None:
            raise BadUsage(f"--context is for a build, and {found.word} is built already.")
        recipe = None
        if self._dockerfile is not None:
            from reimage.files import read
            from reimage.text import decode

            text = decode(read(self._dockerfile))
            recipe = Recipe(self._dockerfile, text, self._flags.target)
        how = reading(contents, *([self._keep] if self._keep else []))
        image = opened(found, self._platform(), how)
        return Subject(found.word, image, contents, recipe)

    def _platform(self) -> "Platform | None":
        from reimage.image.platforms import read_platform

        for word in self._flags.platform or ():
            if found := read_platform(word):
                return found
            raise BadUsage(f"--platform: '{word}' is no platform; one is written like linux/arm64.")
        return None

    def _built(
        self, found: "Target", contents: "Contents | None", context: str | None
    ) -> "Subject":
        from buildkit_client import connect
        from reimage.cli.building.endings import ended_by_signals
        from reimage.cli.building.request import plan
        from reimage.cli.building.showing import Showing
        from reimage.pipeline.building import prepare
        from reimage.pipeline.images.subjects import Subject, reading

        if self._dockerfile is not None:
            raise BadUsage(f"--file is for an image that is there; {found.word} is built.")
        sources = _sources(found, context)
        planned = plan(self._flags, sources)
        self._check_touched(planned.request)
        showing = Showing(planned.progress, self._streams, planned.dockerfile)
        how = reading(contents, *([self._keep] if self._keep else []))
        with ended_by_signals(), connect(planned.builder) as builder, told_failure(showing):
            prepared = prepare(
                planned.request,
                (),
                names=(),
                annotations={},
                builder=builder,
                write=lambda data: None,
            )
            showing.begin(builder, "")
            image, figures = _timed(builder, prepared.request, how, showing)
            warm = self._warm(builder, prepared.request, showing)
            touched = self._touched(builder, prepared.request, image, showing)
        recipe = _recipe(found, sources, self._flags.target)
        return Subject(found.word, image, contents, recipe, figures, touched, warm)

    def _check_touched(self, request: "BuildRequest") -> None:
        """Before anything is built."""
        from reimage.pipeline.images.touching import check_touched

        if self._touch is None:
            return
        if not isinstance(request.context, Path):
            raise BadUsage("--touch needs a build context on this machine.")
        check_touched(request.context, self._touch)

    def _warm(
        self, builder: "Builder", request: "BuildRequest", showing: "Showing"
    ) -> "BuildFigures | None":
        """The same build once more, where that was asked for."""
        from dataclasses import replace

        from reimage.pipeline.images.subjects import reading

        if not self._again:
            return None
        return _timed(builder, replace(request, no_cache=False), reading(), showing)[1]

    def _touched(
        self, builder: "Builder", request: "BuildRequest", image: "Image", showing: "Showing"
    ) -> "Touch | None":
        """The same build after one file was edited, where that was asked for."""
        from dataclasses import replace

        from reimage.pipeline.images.subjects import Touch, reading
        from reimage.pipeline.images.touching import new_bytes, touched_copy

        if self._touch is None:
            return None
        assert isinstance(request.context, Path)
        with touched_copy(request.context, self._touch) as copy:
            again = replace(request, context=copy, no_cache=False)
            other, figures = _timed(builder, again, reading(), showing)
        return Touch(self._touch, figures, new_bytes(image, other))


def _timed(
    builder: "Builder", request: "BuildRequest", how: "Reading", showing: "Showing"
) -> "tuple[Image, BuildFigures]":
    """A build whose progress is shown, read while it arrives."""
    from reimage.pipeline.images.opening import built
    from reimage.pipeline.images.subjects import BuildFigures
    from reimage.report.building.board import Board

    board = Board()
    with showing.progress() as progress:

        def take(event: "Event") -> None:
            progress.take(event)
            board.take(event, time.monotonic())

        image, seconds = built(builder, request, how, take)
    steps = [step for step in board.entries if step.of_the_dockerfile]
    return image, BuildFigures(seconds, len(steps), sum(step.cached for step in steps))


def _sources(found: "Target", context: str | None) -> "Sources":
    from reimage.cli.building.contexts import Sources, sources

    if found.kind == "context":
        if context is not None:
            raise BadUsage(f"--context: {found.word} is a build context already.")
        return sources(found.word, None)
    folder = context or str(found.path.parent)
    if context is not None and not Path(folder).is_dir():
        raise BadUsage(f"--context {folder}: there is no such directory.")
    if found.kind == "dockerfile":
        return sources(folder, found.word)
    if not Path(folder).is_dir():
        raise BadUsage(
            f"{found.word} is built with the files that are here, and there is no directory "
            f"{folder}; name one with --context."
        )
    return Sources(Path(folder), found.text, found.word)


def _recipe(found: "Target", sources: "Sources", target: str) -> "Recipe":
    from reimage.files import read
    from reimage.pipeline.images.subjects import Recipe
    from reimage.text import decode

    if isinstance(sources.dockerfile, bytes):
        return Recipe(sources.told_as, decode(sources.dockerfile), target)
    path = sources.dockerfile or found.path / "Dockerfile"
    return Recipe(sources.told_as, decode(read(path)), target)


@contextmanager
def told() -> Iterator[None]:
    """What goes wrong with an image, an engine or a builder is one sentence, and code 2."""
    from buildkit_client.errors import BuildKitError
    from reimage.docker_api.errors import DockerError
    from reimage.image.errors import ImageError

    try:
        with told_as_usage():
            yield
    except (ImageError, DockerError) as error:
        raise BadUsage(str(error)) from error
    except BuildKitError as error:
        raise BadUsage(f"{str(error)[:1].upper()}{str(error)[1:].rstrip('.')}.") from error


@contextmanager
def told_failure(showing: "Showing") -> Iterator[None]:
    """A build that fails is told as `reimage build` tells it; the command ends with 2."""
    from buildkit_client.errors import BuildFailed

    try:
        yield
    except BuildFailed as error:
        showing.failure(error)
        raise typer.Exit(2) from error
