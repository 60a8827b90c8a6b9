"""Runs smoke tests on what was built, inside the builder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Self

from buildkit_client import BuildFailed, BuildRequest
from reimage.image.trees.merging import merged
from reimage.pipeline.proving.failing import reason
from reimage.pipeline.proving.refused import NotProvable
from reimage.verify.smoke import probe
from reimage.verify.smoke.plan import SmokeTest
from reimage.verify.smoke.running import Place, observe
from reimage.verify.structure.trying import unmet

if TYPE_CHECKING:
    from buildkit_client import Gateway, Result
    from reimage.image.anatomy import Image
    from reimage.image.config import ImageConfig
    from reimage.pipeline.proving.building import Settings
    from reimage.verify.smoke.judging import Seen

_NO_PROBE = (
    "Requests of a smoke test can only be made in images for linux/amd64: use [run] or --smoke "
    "with a command."
)


class Observing:
    """Several tests may be under way; all of them can be stopped. Use it in a `with`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._looking: set[Gateway] = set()
        self._stopped = False
        self._lock = Lock()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="reimage-probe-"))
        self._probe = probe.write_contexts(Path(folder))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def stop(self) -> None:
        """End all that runs; what comes later ends at once."""
        with self._lock:
            self._stopped = True
            looking = list(self._looking)
        for gateway in looking:
            gateway.close()

    def seen(self, request: BuildRequest, name: str, image: Image, expected: Seen | None) -> Seen:
        """What the smoke test sees of the result of a request. Raises NotProvable."""
        settings = self._settings
        test = settings.test or SmokeTest()
        settings.tell(f"running {name}")
        try:
            with self._gateway(request) as gateway:
                place = Place(gateway.solve(), _probe(gateway, image), settings.network)
                if test.http and place.probe is None:
                    raise NotProvable(_NO_PROBE)
                config = _runnable(image)
                seen = observe(place, config, test, expected=expected)
                if test.structure is None:
                    return seen
                told = unmet(test.structure, place, image, config, test.timeout)
                return replace(seen, unmet=tuple(told))
        except BuildFailed as error:
            raise NotProvable(f"What was built can't be run: {reason(error)}.") from error

    @contextmanager
    def _gateway(self, request: BuildRequest) -> Iterator[Gateway]:
        contexts = {**request.contexts, **self._probe}
        with self._settings.builder.look(replace(request, contexts=contexts)) as gateway:
            with self._lock:
                self._looking.add(gateway)
                if self._stopped:
                    raise NotProvable("The proof was stopped.")
            try:
                yield gateway
            finally:
                with self._lock:
                    self._looking.discard(gateway)


def _probe(gateway: Gateway, image: Image) -> Result | None:
    platform = image.platform
    if (platform.os, platform.architecture) != ("linux", probe.ARCHITECTURE):
        return None
    return gateway.solve(options=probe.ATTRIBUTES)


def _runnable(image: Image) -> ImageConfig:
    """Its configuration, for a builder: that looks up a number, too, where no group comes with it,
    and fails in an image that has no users. An engine takes group 0 there."""
    config = image.config
    if config.user.isdecimal() and merged(image.layers).get("etc/passwd") is None:
        return replace(config, user=f"{config.user}:0")
    return config
