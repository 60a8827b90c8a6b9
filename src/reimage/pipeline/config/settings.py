"""The settings of a run, as a configuration file gives them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reimage.files.errors import FilesError
from reimage.model.images.policy import Policy
from reimage.pipeline.config.patterns import fits, segments
from reimage.pipeline.config.registries import BasesConfig, PinConfig, RegistryConfig

if TYPE_CHECKING:
    from reimage.verify.smoke.plan import SmokeTest


class ConfigError(FilesError):
    """A configuration that can't be used."""


class PerFile(NamedTuple):
    """Settings of files that fit a pattern. None leaves what holds for the others."""

    ignore: tuple[str, ...] = ()
    select: tuple[str, ...] | None = None
    allow: str | None = None


class Config(NamedTuple):
    """Settings, names as typed but for `_` and `-`. Without a file, `path` is None.

    An empty `select` is no restriction. `allow` is the label of a claim. Whether the names exist,
    and whether the folder `context` does, is for the caller to see.
    """

    path: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()
    allow: str | None = None
    context: Path | None = None
    per_file: tuple[tuple[str, PerFile], ...] = ()
    exclude: tuple[str, ...] = ()
    pin: PinConfig = PinConfig()
    bases: BasesConfig = BasesConfig()
    policy: Policy = Policy()
    registry: RegistryConfig = RegistryConfig()
    smoke: SmokeTest | None = None

    def for_file(self, path: Path) -> Config:
        """What holds for the Dockerfile at `path`: of several patterns that fit, later ones win."""
        if not self.per_file:
            return self
        found = self._replace(per_file=())
        for pattern, own in self.per_file:
            if self._fits(path, pattern):
                found = found._replace(
                    ignore=tuple(dict.fromkeys((*found.ignore, *own.ignore))),
                    select=found.select if own.select is None else own.select,
                    allow=found.allow if own.allow is None else own.allow,
                )
        return found

    def excludes(self, path: Path) -> bool:
        """Whether the Dockerfile at `path` is to be left alone."""
        return any(self._fits(path, pattern) for pattern in self.exclude)

    def _fits(self, path: Path, pattern: str) -> bool:
        folder = self.path.parent if self.path else Path()
        return fits(Path(os.path.relpath(path, folder)).parts, segments(pattern))
