"""`reimage build` with a builder that plays what a test puts in, and keeps what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from typer.testing import CliRunner, Result

from buildkit_client.abilities import CONTAINERD, GRAPH_DRIVERS, OWN, Abilities, Worker
from buildkit_client.outputs import DockerArchive, OciArchive, Tar
from buildkit_client.request import BuildRequest
from buildkit_client.solve import BuildResult
from buildkit_client.status import Event

DIGEST = "sha256:" + "1" * 64
_ALL = frozenset({"image", "oci", "docker", "tar", "local"})
_CACHES = frozenset({"inline", "local", "registry", "gha"})
STORES = {
    "containerd": Abilities(CONTAINERD, _ALL | {"moby"}, _CACHES, True, True, ("linux/amd64",)),
    "graph": Abilities(
        GRAPH_DRIVERS,
        frozenset({"moby", "tar", "local"}),
        frozenset({"inline"}),
        False,
        False,
        ("linux/amd64",),
    ),
    "own": Abilities(OWN, _ALL, _CACHES, True, True, ("linux/amd64",)),
}


@dataclass
class FakeBuilder:
    """Builder and build in one."""

    abilities: Abilities = STORES["containerd"]
    played: list[Event] = field(default_factory=list)
    error: BaseException | None = None
    during: Callable[[], object] = lambda: None
    url: str = "unix:///fake.sock"
    reason: str = "a test wants it"
    connected_to: list[str] = field(default_factory=list)
    requests: list[BuildRequest] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    archive: bytes = b""
    no_builder: BaseException | None = None

    def connect(self, url: str = "") -> Self:
        self.connected_to.append(url)
        if self.no_builder:
            raise self.no_builder
        return self

    def workers(self) -> tuple[Worker, ...]:
        return (Worker("1", self.labels, (), ""),)

    def start(self, request: BuildRequest) -> Self:
        self.abilities.check(request)
        self.requests.append(request)
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.left.append(kind.__name__ if kind else "")

    def events(self) -> Iterator[Event]:
        yield from self.played
        self.during()

    def result(self) -> BuildResult:
        if self.error:
            raise self.error
        for output in self.request.outputs:
            if isinstance(output, OciArchive | DockerArchive | Tar) and self.archive:
                if isinstance(output.target, Path):
                    output.target.write_bytes(self.archive)
                else:
                    output.target(self.archive)
        names = getattr(self.request.outputs[0], "names", ()) if self.request.outputs else ()
        metadata = {"containerimage.digest": DIGEST}
        return BuildResult("ref1", DIGEST, "", names, (), (), metadata)

    @property
    def request(self) -> BuildRequest:
        return self.requests[-1]


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> FakeBuilder:
    fake = FakeBuilder()
    monkeypatch.setattr("buildkit_client.connect", fake.connect)
    for name in ("BUILDX_BUILDER", "BUILDKIT_PROGRESS", "SSH_AUTH_SOCK"):
        monkeypatch.delenv(name, raising=False)
    return fake


class Build:
    """Runs `reimage build` in this process, in a folder with a Dockerfile."""

    def __call__(self, *args: str, stdin: bytes = b"", **env: str) -> Result:
        from reimage.cli.app import app

        clean: dict[str, str | None] = dict.fromkeys(("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM"))
        return CliRunner().invoke(app, ["build", *args], input=stdin, env={**clean, **env})


@pytest.fixture
def build(builder: FakeBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    del builder
    (tmp_path / "Dockerfile").write_bytes(b"FROM scratch\n")
    monkeypatch.chdir(tmp_path)
    return Build()
