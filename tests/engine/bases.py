"""Base images for tests, served by a registry and kept between runs in its storage folder."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engine.install import CACHE, locked
from tests.engine.make_bases import STAGES, make_bases, recipe_hash
from tests.engine.registry import running_registry

if TYPE_CHECKING:
    from tests.engine.daemon import Daemon

KEPT_FOR = 14 * 24 * 3600.0
"""Seconds that the images of an older recipe stay after their last use."""


class Bases:
    """Base images in a registry of this machine."""

    def __init__(self, registry: str) -> None:
        self.registry = registry

    def reference(self, name: str) -> str:
        """Where the stand-in for an image is, as `localhost:PORT/python:3.12-slim`."""
        return f"{self.registry}/{name}"

    @property
    def named_contexts(self) -> dict[str, str]:
        """For `--build-context`: every image's name → its stand-in."""
        return {name: f"docker-image://{self.reference(name)}" for name in STAGES}

    @property
    def build_options(self) -> list[str]:
        """The same as options of `docker buildx build`."""
        return [f"--build-context={name}={to}" for name, to in self.named_contexts.items()]


@contextmanager
def serving_bases(daemon: Daemon) -> Iterator[Bases]:
    """Serve the base images; make them first where this recipe's are not there yet."""
    storage = CACHE / "bases" / recipe_hash()
    storage.mkdir(parents=True, exist_ok=True)
    storage.parent.chmod(0o700)  # the settings of package managers may hold a password
    with running_registry(storage, daemon.logs) as registry:
        complete = storage / "complete"
        with locked(storage / "lock"):
            if not complete.exists():
                make_bases(daemon, registry)
            complete.touch()
            _forget_old_ones(storage.parent)
        yield Bases(registry)


def _forget_old_ones(folder: Path) -> None:
    for complete in folder.glob("*/complete"):
        if complete.stat().st_mtime < time.time() - KEPT_FOR:
            shutil.rmtree(complete.parent)
