"""The bench: builds on a BuildKit, and runs there what was built."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from buildkit_client import BuildFailed, BuildRequest, TimedOut
from reimage.docker_api.errors import DockerError
from reimage.image.errors import ImageError
from reimage.pipeline.proving.exporting import Exporting, Watch, work
from reimage.pipeline.proving.failing import judged
from reimage.pipeline.proving.foundations import foundation
from reimage.pipeline.proving.observing import Observing
from reimage.pipeline.proving.refused import NotBuilt, NotProvable
from reimage.pipeline.proving.wishes import Wishes
from reimage.rewriting import Claim
from reimage.verify.smoke.plan import SmokeTest

if TYPE_CHECKING:
    from buildkit_client import Builder, Step
    from reimage.image.anatomy import Image
    from reimage.pipeline.proving.remembering import Remembered
    from reimage.rewriting import Outcome
    from reimage.verify.smoke.judging import Seen
    from reimage.verify.subjects import Subject

_NAMED = 4
"""transformations, where there are many"""
_AT_ONCE = 3
"""builds; a builder may be small"""
Network = Literal["default", "host", "none"]


def _unwatched(_name: str) -> AbstractContextManager[Watch]:
    return nullcontext(lambda _event: None)


@dataclass(frozen=True, slots=True)
class Settings:
    """How to build and to run. `request` has neither context nor Dockerfile nor outputs."""

    builder: Builder
    request: BuildRequest
    test: SmokeTest | None = None
    """none where the configuration of a file, or what is usual, counts"""
    network: Network = "none"
    """of the smoke test"""
    timeout: float | None = None
    """seconds for one build"""
    tell: Callable[[str], object] = lambda _: None
    watch: Callable[[str], AbstractContextManager[Watch]] = _unwatched
    """takes the events of the build of that name"""
    wishes: Wishes = field(default_factory=Wishes)
    memory: Path | None = None
    """a folder for what was shown, so that it need not be shown again"""


@dataclass(slots=True)
class Built:
    """A variant that was built, with its figures; `steps` are those of the Dockerfile."""

    name: str
    request: BuildRequest
    read: Callable[[], Subject]
    digest: str
    seconds: float
    steps: tuple[Step, ...]
    observed: Callable[[Image, Seen | None], Seen]
    _seen: Seen | None = None
    _subject: Subject | None = None
    _early: Future[Seen] | None = None

    @property
    def subject(self) -> Subject:
        """The image; read once it is asked for. Raises NotProvable."""
        if self._subject is None:
            self._subject = self.read()
        return self._subject

    @property
    def is_read(self) -> bool:
        """Whether somebody asked for the image."""
        return self._subject is not None

    @property
    def cached_steps(self) -> int:
        """Those that another build had done already."""
        return sum(step.cached for step in self.steps)

    @property
    def seen(self) -> Seen | None:
        """What the smoke test saw; none where there was no need to run it."""
        return self._seen

    def smoke(self, expected: Seen | None, *, anew: bool = False) -> Seen:
        """What the smoke test sees; it runs once, unless `anew`."""
        if anew:
            self._seen = self._early = None
        if self._seen is None:
            early = self._early
            self._seen = early.result() if early else self.observed(self.subject.image, expected)
        return self._seen

    def smoke_early(self, pool: Executor) -> None:
        """Begin to run it, while others are built."""
        self._early = pool.submit(self.observed, self.subject.image, None)

    @property
    def is_seen_early(self) -> bool:
        """Whether it ran while others were built: perhaps it was too slow then."""
        return self._early is not None


class BuildBench:
    """Builds the variants of one Dockerfile. Use it in a `with`: what still runs in the end is
    stopped, and what was put aside of the images is let go."""

    def __init__(
        self,
        settings: Settings,
        context: Path | None,
        source: bytes,
        ignore: tuple[str, bytes],
        remembered: Remembered | None = None,
    ) -> None:
        self._settings = settings
        self._ignore_path, self._ignore = ignore
        self._request = replace(settings.request, context=context)
        self._source = source
        self._observing = Observing(settings)
        self._exporting = Exporting(settings.builder, settings.timeout, remembered)
        self._pool = ThreadPoolExecutor(_AT_ONCE, "build")
        self._beside = ThreadPoolExecutor(1, "smoke")
        self._fetching = ThreadPoolExecutor(2, "fetch")
        self._stack = ExitStack()
        self._variants: dict[tuple[bytes, bytes], Future[Built]] = {}
        self._lock = Lock()
        self._alone = Lock()
        self._original: Built | None = None
        self.builds = 0
        self.took: dict[str, float] = {}
        """seconds that steps took when they ran, by what they do"""

    def __enter__(self) -> BuildBench:
        self._stack.enter_context(self._observing)
        self._stack.enter_context(self._exporting)
        return self

    def __exit__(self, *_: object) -> None:
        self._exporting.stop()
        self._observing.stop()
        for pool in (self._pool, self._beside, self._fetching):
            pool.shutdown(cancel_futures=True)
        self._stack.close()

    def build_both(self, outcome: Outcome) -> None:
        """The original and a rewritten file, at the same time; the original is run as soon as it is
        there. Raises NotProvable where it does not build."""
        first = self._pool.submit(self._build_original, outcome)
        self.build_together([outcome])
        try:
            self._original = first.result()
        except NotBuilt as error:
            raise NotProvable(f"The original does not build: {error}.") from error

    def fetch_bases(self, texts: Iterable[str]) -> None:
        """Read what files start from while their steps run."""
        target = self._request.target
        for text in dict.fromkeys(foundation(text, target) for text in texts):
            if text:
                request = replace(self._request, dockerfile=_encoded(text), context=None, target="")
                self._fetching.submit(self._exporting.fetch, request)

    def _build_original(self, outcome: Outcome) -> Built:
        built = self.build("the original", self._source, self._ignore)
        test = self._settings.test
        weaker = any(one.claim > Claim.SAME_IMAGE for one in outcome.applied)
        if built.is_read and (weaker or (test and test.expects)):
            built.smoke_early(self._beside)
        return built

    @property
    def original(self) -> Built:
        """The file as it was. Build it first."""
        assert self._original
        return self._original

    @property
    def builder(self) -> str:
        """Its address."""
        return self._settings.builder.url

    def digests(self, outcome: Outcome) -> tuple[str, str]:
        """Of the original and of a rewritten file; nothing where that does not build."""
        try:
            return self.original.digest, self.built(outcome).digest
        except NotBuilt:
            return self.original.digest, ""

    def original_again(self, doubt: str) -> Built:
        """The original without a cache, to see what no build repeats."""
        name = f"the original again, without cache ({doubt}: does it repeat that itself?)"
        return self.again(self.original, name, no_cache=True)

    def again(self, built: Built, name: str, *, stamped: bool = False, **changes: Any) -> Built:
        """The same file with other settings of its request. Raises NotProvable."""
        try:
            return self._build(name, replace(built.request, **changes), stamped=stamped)
        except NotBuilt as error:
            raise NotProvable(f"{name.capitalize()} does not build: {error}.") from error

    def built(self, outcome: Outcome) -> Built:
        """A rewritten file; the same one is built once."""
        self.build_together([outcome])
        return self._variants[self._key(outcome)].result()

    def known(self, outcome: Outcome) -> Built | None:
        """A rewritten file, if it was built already."""
        found = self._variants.get(self._key(outcome))
        return found.result() if found and found.done() and not found.exception() else None

    def build_together(self, outcomes: Sequence[Outcome]) -> None:
        """Begin to build them; whether each does is told when it is asked for."""
        for outcome in outcomes:
            key = self._key(outcome)
            if key not in self._variants:
                names = dict.fromkeys(one.transformation.title for one in outcome.applied)
                self._variants[key] = self._pool.submit(self._variant, outcome, tuple(names))

    def _variant(self, outcome: Outcome, names: tuple[str, ...]) -> Built:
        for path in outcome.files:
            if path != self._ignore_path:
                raise NotBuilt(f"{path} would have to be written before this can be tried")
        name = f"it with {', '.join(names[:_NAMED])}"
        more = len(names) - _NAMED
        return self.build(name + (f" and {more} more" if more > 0 else ""), *self._key(outcome))

    def _key(self, outcome: Outcome) -> tuple[bytes, bytes]:
        """The Dockerfile and the ignore file."""
        ignore = outcome.files.get(self._ignore_path)
        return _encoded(outcome.text), self._ignore if ignore is None else _encoded(ignore)

    def build(self, name: str, text: bytes, ignore: bytes) -> Built:
        """A Dockerfile with an ignore file. Raises NotBuilt."""
        request = replace(self._request, dockerfile=text, ignore=ignore)
        try:
            return self._build(name, request)
        except NotBuilt as error:
            if not error.is_network and not error.lacks_line:
                raise
            why = "as something was out of reach" if error.is_network else "to see at which line"
        with self._alone:  # of builds that share the step that fails, one is told the line
            return self._build(f"{name} once more, {why}", request)

    def _build(self, name: str, request: BuildRequest, *, stamped: bool = False) -> Built:
        settings = self._settings
        with self._lock:
            self.builds += 1
        settings.tell(f"building {name}")
        try:
            with settings.watch(name) as watch:
                found = self._exporting.export(request, watch, stamped=stamped)
        except BuildFailed as error:
            raise judged(error) from error
        except TimedOut as error:
            told = f"the build is not done after {settings.timeout:g} seconds (--build-timeout)"
            raise NotBuilt(told) from error
        except (ImageError, DockerError) as error:
            raise NotProvable(str(error)) from error
        observed = partial(self._observing.seen, replace(request, no_cache=False), name)
        built = Built(name, request, found.read, found.digest, found.seconds, found.steps, observed)
        if not found.is_known:
            _ = built.subject  # here, while others are built
        with self._lock:
            for step in found.steps:
                if not step.cached:
                    done = work(step)
                    self.took[done] = max(self.took.get(done, 0.0), step.seconds)
        cached = f"{built.cached_steps} of {len(built.steps)} steps cached"
        settings.tell(f"built {name} in {built.seconds:.1f} s, {cached}")
        return built


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
