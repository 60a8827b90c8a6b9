"""Runs smoke tests on what was built, inside the builder."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
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
                config = runnable(image, place.result.read)
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


def runnable(image: Image, read: Callable[[str], bytes]) -> ImageConfig:
    """Its configuration, for a builder: that looks for groups in any case, and fails in an image
    that has no list of them, or of users. An engine takes what /etc/passwd says, or group 0.
    `read` gives the content of a file."""
    user, tree = image.config.user, merged(image.layers)
    users = tree.find("etc/passwd")
    if not user or ":" in user or (users and tree.find("etc/group")):
        return image.config
    lines = read("/etc/passwd").decode("utf-8", "replace").split("\n") if users else ()
    found = next((row for row in (line.split(":") for line in lines) if _is_of(row, user)), None)
    if found is None:
        return replace(image.config, user=f"{user}:0") if user.isdecimal() else image.config
    return replace(image.config, user=f"{found[2]}:{found[3]}")


def _is_of(row: Sequence[str], user: str) -> bool:
    """Whether a row of /etc/passwd is that of a user, by name or number."""
    return len(row) > 3 and user in (row[0], row[2]) and row[2].isdecimal() and row[3].isdecimal()
