"""The command line with a pipeline that answers what a test puts in."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.report import samples
from typer.testing import CliRunner, Result

from reimage.pipeline.options import Options
from reimage.pipeline.results import FileReport
from reimage.rewriting.transformation import Claim, Finding, transformation


@dataclass
class FakePipeline:
    """Answers with `reports` by path, `suggested` for any other; keeps what it was asked."""

    reports: dict[str, FileReport] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    paths: list[str] = field(default_factory=list)
    sources: list[tuple[str, bytes]] = field(default_factory=list)
    error: BaseException | None = None

    def optimize_files(
        self, paths: Sequence[Path], options: Options, tell: object
    ) -> Iterator[FileReport]:
        self.options = options
        if self.error is not None:
            raise self.error
        for path in paths:
            self.paths.append(str(path))
            yield self.reports.get(str(path)) or samples.suggested(str(path))

    def optimize_text(
        self, source: bytes, *, name: str, options: Options
    ) -> tuple[FileReport, bytes]:
        self.options = options
        self.sources.append((name, source))
        return self.reports.get(name) or samples.suggested(name), source


@transformation(claim=Claim.SAME_IMAGE)
def copy_instead_of_add(facts: Any) -> Iterator[Finding]:
    """Copy local files with COPY.

    ADD unpacks archives and fetches from the network (see [the
    reference](https://docs.docker.com/reference/dockerfile/#add)), which a reader of the file has
    to rule out at each use.

    - It leaves archives.
    - It leaves addresses, whatever they hold, and this point is long enough to be wrapped too.
    """
    yield from ()


@transformation(claim=Claim.SAME_BEHAVIOUR, may_change=("Env",))
def drop_download_caches(facts: Any) -> Iterator[Finding]:
    """Drop the caches that package managers leave behind."""
    yield from ()


@transformation(claim=Claim.SAME_FILES, alternative_to="drop_download_caches")
def mount_download_caches(facts: Any) -> Iterator[Finding]:
    """Keep the caches in a mount | outside the image."""
    yield from ()


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> FakePipeline:
    fake = FakePipeline()
    module = ModuleType("reimage.pipeline.optimize")
    vars(module).update(
        Options=Options,
        optimize_files=fake.optimize_files,
        optimize_text=fake.optimize_text,
    )
    known = (copy_instead_of_add, drop_download_caches, mount_download_caches)
    monkeypatch.setitem(sys.modules, "reimage.pipeline.optimize", module)
    monkeypatch.setattr("reimage.transforms.load", lambda: known)
    return fake


class Shell:
    """Runs `reimage` in this process, in a folder with an empty Dockerfile."""

    def __call__(self, *args: str, stdin: bytes = b"", **env: str) -> Result:
        from reimage.cli.app import app

        clean: dict[str, str | None] = dict.fromkeys(("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM"))
        return CliRunner().invoke(app, list(args), input=stdin, env={**clean, **env})


@pytest.fixture
def reimage_(pipeline: FakePipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    del pipeline
    (tmp_path / "Dockerfile").write_bytes(b"FROM scratch\n")
    monkeypatch.chdir(tmp_path)
    return Shell()
