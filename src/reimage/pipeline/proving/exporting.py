"""One build at a time becomes an image that was read, with its figures. Several may be under way;
all of them can be stopped."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from buildkit_client import Event, IntoEngine, OciArchive
from reimage.image.arriving import ArrivingImage
from reimage.pipeline.proving.refused import NotProvable

if TYPE_CHECKING:
    from buildkit_client import Builder, BuildRequest, BuildResult, Step
    from buildkit_client.solve import Build
    from reimage.docker_api.daemon import Daemon
    from reimage.image.anatomy import Image
    from reimage.image.layers import Reading

Watch = Callable[[Event], object]
#: `[2/4] …`, `[build 2/4] …`: what a Dockerfile's instructions become.
_OF_THE_DOCKERFILE = re.compile(r"\[(?:[^\]]* )?\d+/\d+\] ")
_NAME = "reimage-proof"


class Exported(NamedTuple):
    """An image that was built and read. `seconds` are those of the build and of handing it over,
    `steps` those of the Dockerfile."""

    image: Image
    digest: str
    seconds: float
    steps: tuple[Step, ...]


class Exporting:
    """Builds on one builder; `timeout` is in seconds, for each of them."""

    def __init__(self, builder: Builder, timeout: float | None) -> None:
        self._builder = builder
        self._timeout = timeout
        self._running: set[Build] = set()
        self._stopped = False
        self._lock = Lock()

    def stop(self) -> None:
        """Cancel all that runs; what comes later is cancelled at once."""
        with self._lock:
            self._stopped = True
            for build in self._running:
                build.cancel()

    def export(
        self, request: BuildRequest, reading: Reading, watch: Watch, *, stamped: bool = False
    ) -> Exported:
        """Build and read. With `stamped` the times of files become that of $SOURCE_DATE_EPOCH.

        Raises a BuildKitError, an ImageError or a DockerError.
        """
        if "oci" not in self._builder.abilities.exporters:
            if stamped:
                raise NotProvable(_NO_STAMPS)
            return self._through_engine(request, reading, watch)
        with ArrivingImage(reading=reading) as arriving:
            output = OciArchive(target=arriving.write, rewrite_timestamp=stamped)
            began = time.monotonic()
            result = self._run(replace(request, outputs=(output,)), watch)
            took = time.monotonic() - began
            return Exported(arriving.image(), result.digest, took, _steps(result))

    def _through_engine(self, request: BuildRequest, reading: Reading, watch: Watch) -> Exported:
        """An Engine without the containerd image store keeps what it builds: it is asked for it
        under a name that nobody else has, and lets go of that name."""
        daemon = self._daemon()
        name = f"{_NAME}:{secrets.token_hex(8)}"
        began = time.monotonic()
        try:
            result = self._run(replace(request, outputs=(IntoEngine(names=(name,)),)), watch)
            took = time.monotonic() - began
            return Exported(
                daemon.image(name, reading=reading), result.digest, took, _steps(result)
            )
        finally:
            daemon.forget(name)

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
