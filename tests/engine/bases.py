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
from tests.engine.more_bases import (
    RECIPES_OF_THEIR_OWN,
    make_base,
    recipe_mark,
    recipe_of,
    stand_ins_named_in,
)
from tests.engine.registry import running_registry

if TYPE_CHECKING:
    from tests.engine.daemon import Daemon

KEPT_FOR = 14 * 24 * 3600.0
"""Seconds that the images of an older recipe stay after their last use."""


class Bases:
    """Base images in a registry of this machine."""

    def __init__(self, registry: str, daemon: Daemon, storage: Path) -> None:
        self.registry = registry
        self._daemon = daemon
        self._storage = storage

    def reference(self, name: str) -> str:
        """Where the stand-in for an image is, as `localhost:PORT/python:3.12-slim`."""
        return f"{self.registry}/{name}"

    @property
    def named_contexts(self) -> dict[str, str]:
        """For `--build-context`: the name of every quick image → its stand-in."""
        return self._contexts(list(STAGES))

    @property
    def build_options(self) -> list[str]:
        """The same as options of `docker buildx build`."""
        return _as_options(self.named_contexts)

    def options_for(self, dockerfile: Path) -> list[str]:
        """The same for the images that a Dockerfile names; the big ones are made when missing."""
        return _as_options(self.contexts_for(dockerfile))

    def options_for_rewriting(self, dockerfile: Path) -> list[str]:
        """The same with every quick image: a rewrite may start from one that was not named."""
        return _as_options(self.named_contexts | self.contexts_for(dockerfile))

    def contexts_for(self, dockerfile: Path) -> dict[str, str]:
        """Every stand-in that a Dockerfile names, made if need be → where it is."""
        named = stand_ins_named_in(dockerfile)
        for name in named:
            if name in RECIPES_OF_THEIR_OWN:
                self.make(name)
        return self._contexts(named)

    def make(self, name: str) -> None:
        """Make one of the big images, and what it starts from, where its recipe's is missing."""
        options = self.options_for(recipe_of(name))
        made = self._storage / recipe_mark(name)
        with locked(self._storage / f"lock-{recipe_of(name).stem}"):
            if not made.exists():
                make_base(self._daemon, self.registry, name, options)
                made.touch()

    def _contexts(self, names: list[str]) -> dict[str, str]:
        return {name: f"docker-image://{self.reference(name)}" for name in names}


def _as_options(contexts: dict[str, str]) -> list[str]:
    return [f"--build-context={name}={to}" for name, to in contexts.items()]


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
        yield Bases(registry, daemon, storage)


def _forget_old_ones(folder: Path) -> None:
    for complete in folder.glob("*/complete"):
        if complete.stat().st_mtime < time.time() - KEPT_FOR:
            shutil.rmtree(complete.parent)
