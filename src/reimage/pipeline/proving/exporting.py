"""One build at a time becomes an image that can be read, with its figures. Several may be under
way; all of them can be stopped."""

from __future__ import annotations

import re
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Self

from buildkit_client import BuildKitError, Event, IntoEngine, OciDirectory
from reimage.image.closure.finding import keep
from reimage.image.contents import Contents
from reimage.image.errors import ImageError
from reimage.image.layers import Reading
from reimage.image.limits import DEFAULT
from reimage.pipeline.proving.received import Received, Unsent
from reimage.pipeline.proving.refused import NotProvable
from reimage.verify.subjects import Subject

if TYPE_CHECKING:
    from buildkit_client import Builder, BuildRequest, BuildResult, Step
    from buildkit_client.solve import Build
    from reimage.docker_api.daemon import Daemon
    from reimage.pipeline.proving.remembering import Remembered

Watch = Callable[[Event], object]
#: `[2/4] …`, `[build 2/4] …`: what a Dockerfile's instructions become.
_OF_THE_DOCKERFILE = re.compile(r"\[(?:[^\]]* )?\d+/\d+\] ")
_NAME = "reimage-proof"


class Exported(NamedTuple):
    """An image that was built, and how to read it. `seconds` are those of the build and of handing
    it over, `steps` those of the Dockerfile. It `is_known` where an earlier proof was about it."""

    read: Callable[[], Subject]
    digest: str
    seconds: float
    steps: tuple[Step, ...]
    is_known: bool


class Exporting:
    """Builds on one builder; `timeout` is in seconds, for each of them. Use it in a `with`."""

    def __init__(
        self, builder: Builder, timeout: float | None, remembered: Remembered | None = None
    ) -> None:
        self._builder = builder
        self._timeout = timeout
        self._remembered = remembered
        self._running: set[Build] = set()
        self._stopped = False
        self._lock = Lock()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="reimage-layers-"))
        self._received = Received(Path(folder), self._contents())
        if self._remembered:
            self._received.do_not_send(self._remembered.layers)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def stop(self) -> None:
        """Cancel all that runs; what comes later is cancelled at once."""
        with self._lock:
            self._stopped = True
            for build in self._running:
                build.cancel()

    def export(self, request: BuildRequest, watch: Watch, *, stamped: bool = False) -> Exported:
        """Build. With `stamped` the times of files become that of $SOURCE_DATE_EPOCH.

        Raises a BuildKitError, an ImageError or a DockerError.
        """
        if not self._sends_layers:
            if stamped:
                raise NotProvable(_NO_STAMPS)
            return self._through_engine(request, watch)
        request = self._sent(request, stamped=stamped)
        began = time.monotonic()
        result = self._run(request, watch)
        took = time.monotonic() - began
        read = partial(self._read, request, result.digest)
        return Exported(read, result.digest, took, _steps(result), self._knows(result.digest))

    def fetch(self, request: BuildRequest) -> None:
        """Have the layers of an image read before they are asked for, if that can be done."""
        if self._sends_layers:
            with suppress(BuildKitError, ImageError, Unsent):
                result = self._run(self._sent(request), _unseen)
                self._received.subject(result.digest)

    @property
    def _sends_layers(self) -> bool:
        return "oci" in self._builder.abilities.exporters

    def _sent(self, request: BuildRequest, *, stamped: bool = False) -> BuildRequest:
        received = self._received
        output = OciDirectory(path=received.folder, known=received.known, rewrite_timestamp=stamped)
        return replace(request, outputs=(output,))

    def _knows(self, digest: str) -> bool:
        return bool(self._remembered and digest in self._remembered.digests)

    def _read(self, request: BuildRequest, digest: str) -> Subject:
        try:
            return _readable(partial(self._received.subject, digest))
        except Unsent:
            self._received.send_all()
        result = self._run(replace(request, no_cache=False), _unseen)
        try:
            return _readable(partial(self._received.subject, result.digest))
        except Unsent as error:
            raise NotProvable(f"The builder did not send {error} of what it built.") from error

    def _through_engine(self, request: BuildRequest, watch: Watch) -> Exported:
        """An Engine without the containerd image store keeps what it builds: it is asked for it
        under a name that nobody else has, and lets go of that name."""
        daemon = self._daemon()
        name = f"{_NAME}:{secrets.token_hex(8)}"
        began = time.monotonic()
        try:
            result = self._run(replace(request, outputs=(IntoEngine(names=(name,)),)), watch)
            took = time.monotonic() - began
            contents = self._contents()
            image = daemon.image(name, reading=Reading(contents=contents, keep=keep))
        finally:
            daemon.forget(name)
        subject = Subject(image, contents)
        return Exported(lambda: subject, result.digest, took, _steps(result), is_known=False)

    def _contents(self) -> Contents:
        with self._lock:
            return self._stack.enter_context(Contents(DEFAULT.kept))

    def _daemon(self) -> Daemon:
        from reimage.docker_api.daemon import Daemon, connect

        url = self._builder.url
        return Daemon(url) if url.startswith("unix://") else connect()

    def _run(self, request: BuildRequest, watch: Watch) -> BuildResult:
        with self._builder.start(request, timeout=self._timeout) as running, self._noted(running):
            for event in running.events():
                watch(event)
            return running.result()

    @contextmanager
    def _noted(self, build: Build) -> Iterator[None]:
        with self._lock:
            self._running.add(build)
            if self._stopped:
                build.cancel()
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(build)


def _readable(read: Callable[[], Subject]) -> Subject:
    try:
        return read()
    except ImageError as error:
        raise NotProvable(str(error)) from error


def _unseen(_event: Event) -> None:
    pass


_NO_STAMPS = (
    "--reproducible needs a builder that can set the times of files: an Engine with the containerd "
    "image store, or a buildkitd."
)


def work(step: Step) -> str:
    """What a step does, wherever in the Dockerfile: its name without its number."""
    return step.name.partition("] ")[2]


def _steps(result: BuildResult) -> tuple[Step, ...]:
    """Each once, as `cached` where it did not run.

    Of two builds at the same time that share steps, one runs them. The other one tells of them
    twice: as steps of its own, which never end, and as those of its neighbour.
    """
    found: dict[str, Step] = {}
    for step in result.steps:
        if _OF_THE_DOCKERFILE.match(step.name):
            ran = not step.cached and step.completed is not None and step.seconds > 0
            known = found.get(work(step))
            if known is None or (ran and known.cached):
                found[work(step)] = step if ran else replace(step, cached=True)
    return tuple(found.values())
