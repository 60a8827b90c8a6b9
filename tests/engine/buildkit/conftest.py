"""Builders of every kind, and a context that needs nothing from a network."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.engine.buildkit.docker_builds import Docker
from tests.engine.buildkit.leftovers import at, nothing_is_left
from tests.engine.install import CACHE, install, locked
from tests.engine.service import run

from buildkit_client import Builder, BuildKitError, connect

if TYPE_CHECKING:
    from tests.engine.conftest import StartDaemon
    from tests.engine.daemon import Store

#: Debian's suite and the image store: one kind in the engine lane, and all in the slow one.
KINDS = (
    pytest.param(("sid", "containerd"), id="sid-containerd"),
    pytest.param(("sid", "graphdriver"), id="sid-graphdriver", marks=pytest.mark.slow),
    pytest.param(("trixie", "containerd"), id="trixie-containerd", marks=pytest.mark.slow),
    pytest.param(("trixie", "graphdriver"), id="trixie-graphdriver", marks=pytest.mark.slow),
)
#: `COPY`s a shell and makes its commands; what follows can RUN in shell form.
SHELL = (
    b'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\n'
)

#: For tests of what only the containerd image store can.
with_containerd_store = pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if "containerd" in str(kind.id)], indirect=True, scope="session"
)

MakeContext = Callable[..., Path]


class Fault:
    """A fault that is about to happen, and what it ended in."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.error: BuildKitError = BuildKitError()

    def happens(self) -> None:
        """The time counts from now."""
        self.began = time.monotonic()


EndsIn = Callable[..., AbstractContextManager[Fault]]


@pytest.fixture(scope="session", params=KINDS)
def kind(request: pytest.FixtureRequest) -> tuple[str, Store]:
    """Which builder: suite and image store."""
    found: tuple[str, Store] = request.param
    return found


@pytest.fixture(scope="session")
def suite(kind: tuple[str, Store]) -> str:
    """Whose packages the builder is: trixie's BuildKit is two years older than sid's."""
    return kind[0]


@pytest.fixture(scope="session")
def store(kind: tuple[str, Store]) -> Store:
    """Which image store the builder has."""
    return kind[1]


@pytest.fixture(scope="session")
def url(kind: tuple[str, Store], request: pytest.FixtureRequest) -> str:
    """A builder that runs already can be named, for a quick run by hand."""
    if given := os.environ.get("TEST_BUILDER_" + "_".join(kind).upper()):
        return given
    start: StartDaemon = request.getfixturevalue("start_daemon")
    return start(*kind).host


@pytest.fixture
def builder(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Builder]:
    """A connection, without the settings and the memory of whoever runs the tests."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-docker-config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with connect(url) as connected:
        yield connected


@pytest.fixture
def docker(store: str, url: str, request: pytest.FixtureRequest) -> Docker:
    """The docker CLI, for the daemon that `builder` is connected to."""
    engine = install("sid")
    if os.environ.get(f"TEST_BUILDER_{store.upper()}"):
        settings = request.getfixturevalue("tmp_path_factory").mktemp("docker")
        (settings / "cli-plugins").symlink_to(engine.client_plugins)
        return Docker(
            engine.docker, {**os.environ, "DOCKER_HOST": url, "DOCKER_CONFIG": str(settings)}
        )
    start: StartDaemon = request.getfixturevalue("start_daemon")
    daemon = start("sid", "containerd" if store == "containerd" else "graphdriver")
    return Docker(engine.docker, daemon.environment)


@pytest.fixture(scope="session")
def busybox() -> Path:
    """One program with no libraries, enough for a base image."""
    prefix = CACHE / "busybox-static"
    with locked(CACHE / "busybox.lock"):
        if not prefix.exists():
            folder = CACHE / "busybox-download"
            folder.mkdir(exist_ok=True)
            command = ["apt-get", "-o", "APT::Sandbox::User=root", "download", "busybox-static"]
            run(["env", "--chdir", str(folder), *command])
            for package in folder.glob("*.deb"):
                run(["dpkg", "-x", str(package), str(folder / "root")])
            (folder / "root").rename(prefix)
            shutil.rmtree(folder)
    return next(
        path for path in (prefix / "bin/busybox", prefix / "usr/bin/busybox") if path.exists()
    )


@pytest.fixture
def make_context(tmp_path: Path, busybox: Path) -> MakeContext:
    """A folder with a shell to copy, and with the files given."""

    def make(**files: bytes) -> Path:
        folder = tmp_path / "context"
        folder.mkdir(exist_ok=True)
        shutil.copy(busybox, folder / "busybox")
        for name, data in files.items():
            (folder / name).write_bytes(data)
        return folder

    return make


@pytest.fixture
def ends_in(record_property: Callable[[str, object], None]) -> EndsIn:
    """The block has to end within five seconds of the fault, in exactly this error."""

    @contextmanager
    def check(kind: type[BuildKitError], said: str, *, within: float = 5.0) -> Iterator[Fault]:
        fault = Fault()
        with pytest.raises(kind, match=said) as caught:
            yield fault
        seconds = time.monotonic() - fault.began
        fault.error = caught.value
        record_property("fault", f"{seconds:.2f} s {type(fault.error).__name__}: {fault.error}")
        assert type(fault.error) is kind
        assert seconds < within

    return check


@pytest.fixture
def own_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Temporary files in a folder of the test's own, whose name is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        monkeypatch.setenv("TMPDIR", folder)
        yield


@pytest.fixture
def nothing_stays(url: str, own_temporary_files: None) -> Iterator[None]:
    """Neither here nor at the builder."""
    with nothing_is_left(at(url)):
        yield
