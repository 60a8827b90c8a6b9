"""The bench: builds on a BuildKit, and runs there what was built."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal

from buildkit_client import BuildFailed, BuildRequest, OciArchive, TimedOut
from reimage.image.arriving import ArrivingImage
from reimage.image.closure.finding import keep
from reimage.image.contents import Contents
from reimage.image.errors import ImageError
from reimage.image.layers import Reading
from reimage.image.limits import DEFAULT
from reimage.pipeline.proving.refused import NotBuilt, NotProvable
from reimage.verify.smoke import probe
from reimage.verify.smoke.judging import Seen
from reimage.verify.smoke.running import Place, observe
from reimage.verify.subjects import Subject

if TYPE_CHECKING:
    from buildkit_client import Builder, BuildResult, Gateway, Result
    from reimage.rewriting import Outcome
    from reimage.verify.smoke.plan import SmokeTest

_NO_PROBE = (
    "Requests of a smoke test can only be made in images for linux/amd64: use [run] or --smoke "
    "with a command."
)
Network = Literal["default", "host", "none"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How to build and to run. `request` has neither context nor Dockerfile nor outputs."""

    builder: Builder
    request: BuildRequest
    test: SmokeTest
    network: Network = "none"
    """of the smoke test"""
    timeout: float | None = None
    """seconds for one build"""
    tell: Callable[[str], object] = lambda _: None


@dataclass(slots=True)
class Built:
    """A variant that was built, with its figures."""

    subject: Subject
    seconds: float
    steps: int
    cached_steps: int
    observed: Callable[[Seen | None], Seen]
    _seen: Seen | None = None

    def smoke(self, expected: Seen | None) -> Seen:
        """What the smoke test sees; it runs once."""
        if self._seen is None:
            self._seen = self.observed(expected)
        return self._seen


class BuildBench:
    """Builds the variants of one Dockerfile. Use it in a `with`: what was put aside of the images
    is let go in the end."""

    def __init__(
        self, settings: Settings, context: Path | None, source: bytes, ignore: tuple[str, bytes]
    ) -> None:
        self._settings = settings
        self._ignore_path, self._ignore = ignore
        self._request = replace(settings.request, context=context)
        self._source = source
        self._stack = ExitStack()
        self._variants: dict[tuple[bytes, bytes], Built | NotBuilt] = {}
        self._counting = Lock()
        self._original: Built | None = None
        self.builds = 0

    def __enter__(self) -> BuildBench:
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="reimage-probe-"))
        self._probe = probe.write_contexts(Path(folder))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def build_both(self, outcome: Outcome) -> None:
        """The original and a rewritten file, at the same time. Raises NotProvable where the
        original does not build."""
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(self._build, "the original", self._source, self._ignore)
            pool.submit(self._variant, outcome)
            try:
                self._original = first.result()
            except NotBuilt as error:
                raise NotProvable(f"The original does not build: {error}.") from error

    @property
    def original(self) -> Built:
        """The file as it was. Build it first."""
        assert self._original
        return self._original

    def original_again(self) -> Built:
        """The original without a cache, to see what no build repeats."""
        name = "the original again, without cache"
        try:
            return self._build(name, self._source, self._ignore, no_cache=True)
        except NotBuilt as error:
            raise NotProvable(f"The original does not build a second time: {error}.") from error

    def built(self, outcome: Outcome) -> Built:
        """A rewritten file; the same one is built once."""
        found = self._variant(outcome)
        if isinstance(found, NotBuilt):
            raise found
        return found

    def _variant(self, outcome: Outcome) -> Built | NotBuilt:
        text, ignore = _encoded(outcome.text), self._ignore
        for path, content in outcome.files.items():
            if path != self._ignore_path:
                return NotBuilt(f"{path} would have to be written before this can be tried")
            ignore = _encoded(content)
        key = (text, ignore)
        if key not in self._variants:
            names = ", ".join(dict.fromkeys(one.transformation.title for one in outcome.applied))
            try:
                self._variants[key] = self._build(f"it with {names}", text, ignore)
            except NotBuilt as error:
                self._variants[key] = error
        return self._variants[key]

    def _build(self, name: str, text: bytes, ignore: bytes, *, no_cache: bool = False) -> Built:
        settings = self._settings
        with self._counting:
            self.builds += 1
        settings.tell(f"building {name}")
        request = replace(self._request, dockerfile=text, ignore=ignore)
        if no_cache:
            request = replace(request, no_cache=True)
        contents = self._stack.enter_context(Contents(DEFAULT.kept))
        began = time.monotonic()
        try:
            subject, result = self._exported(request, contents)
        except BuildFailed as error:
            raise NotBuilt(reason(error)) from error
        except TimedOut as error:
            raise NotBuilt(f"the build is not done after {settings.timeout} seconds") from error
        seconds = time.monotonic() - began
        steps = [step for step in result.steps if not step.is_internal]
        cached = sum(step.cached for step in steps)
        settings.tell(f"built {name} in {seconds:.1f} s, {cached} of {len(steps)} steps cached")
        looked = replace(request, no_cache=False)
        observed = partial(self._observe, looked, subject, name)
        return Built(subject, seconds, len(steps), cached, observed)

    def _exported(self, request: BuildRequest, contents: Contents) -> tuple[Subject, BuildResult]:
        reading = Reading(contents=contents, keep=keep)
        with ArrivingImage(reading=reading) as arriving:
            exported = replace(request, outputs=(OciArchive(target=arriving.write),))
            result = self._settings.builder.build(exported, timeout=self._settings.timeout)
            try:
                return Subject(arriving.image(), contents), result
            except ImageError as error:
                raise NotProvable(str(error)) from error

    def _observe(
        self, request: BuildRequest, subject: Subject, name: str, expected: Seen | None
    ) -> Seen:
        settings = self._settings
        settings.tell(f"running {name}")
        contexts = {**request.contexts, **self._probe}
        try:
            with settings.builder.look(replace(request, contexts=contexts)) as gateway:
                place = Place(gateway.solve(), _probe(gateway, subject), settings.network)
                if settings.test.http and place.probe is None:
                    raise NotProvable(_NO_PROBE)
                return observe(place, subject.image.config, settings.test, expected=expected)
        except BuildFailed as error:
            raise NotProvable(f"What was built can't be run: {reason(error)}.") from error


def _probe(gateway: Gateway, subject: Subject) -> Result | None:
    platform = subject.image.platform
    if (platform.os, platform.architecture) != ("linux", probe.ARCHITECTURE):
        return None
    return gateway.solve(options=probe.ATTRIBUTES)


def reason(error: BuildFailed) -> str:
    """Why a build failed, as part of a sentence."""
    place = error.location
    where = f"line {place.first} does not build: " if place and place.first else ""
    last = next((line.strip() for line in reversed(error.log_tail) if line.strip()), "")
    said = f" ({last[:200]})" if last else ""
    return where + error.message.strip().rstrip(".")[:400] + said


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
