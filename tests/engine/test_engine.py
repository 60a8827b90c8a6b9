"""The engine that tests run on, its base images, and the applications on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.engine.bases import CPYTHON, STAGES, Bases
from tests.engine.daemon import Daemon, Store, running_daemon
from tests.engine.install import install
from tests.engine.service import CommandFailed, run
from tests.engine.smoke import smoke_problems
from tests.fixture_cases import APPS, ROOT

if TYPE_CHECKING:
    from tests.engine.conftest import StartDaemon

pytestmark = pytest.mark.engine

PROGRAMS = {
    "python:3.12-slim": (["python", "--version"], f"Python {CPYTHON}."),
    "node:22-slim": (["node", "--version"], "v22."),
    "golang:1.23": (["go", "version"], "go1.23."),
    "gcr.io/distroless/python3-debian12": (["-c", "import ssl; print('fine')"], "fine"),
    "gcr.io/distroless/nodejs22-debian12": (["--version"], "v22."),
    "debian:12-slim": (["cat", "/etc/debian_version"], "12."),
}


@pytest.mark.parametrize("store", ["graphdriver", "containerd"])
@pytest.mark.parametrize("suite", ["sid", "trixie"])
def test_builds_with_either_engine_and_either_store(
    start_daemon: StartDaemon, suite: str, store: Store, tmp_path: Path
) -> None:
    daemon = start_daemon(suite, store)
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    daemon.docker("buildx", "build", "--load", "--tag=made", str(tmp_path))
    assert daemon.docker("image", "inspect", "made")
    status = daemon.docker("info", "--format", "{{.DriverStatus}}")
    assert ("io.containerd.snapshotter" in status) == (store == "containerd")


def test_a_failing_build_tells_why(daemon: Daemon, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY missing /\n")
    with pytest.raises(CommandFailed, match="missing"):
        daemon.docker("buildx", "build", str(tmp_path))


def test_leaves_nothing_behind(tmp_path: Path) -> None:
    with running_daemon(install(), "graphdriver", tmp_path) as daemon:
        bridges = run(["ip", "-brief", "link", "show", "type", "bridge"])
        assert daemon.folder.exists()
    assert not daemon.folder.exists()
    assert str(daemon.folder) not in Path("/proc/self/mountinfo").read_text()
    assert str(daemon.folder) not in run(["ps", "-eo", "args"])
    assert run(["ip", "-brief", "link", "show", "type", "bridge"]) != bridges


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_base_image_runs_its_program(daemon: Daemon, bases: Bases, name: str) -> None:
    command, expected = PROGRAMS[name]
    assert expected in daemon.docker("run", "--rm", bases.reference(name), *command)


@pytest.mark.parametrize("name", [name for name in STAGES if name.endswith(":nonroot")])
def test_a_nonroot_image_has_its_user(daemon: Daemon, bases: Bases, name: str) -> None:
    reference = bases.reference(name)
    daemon.docker("pull", "--quiet", reference)
    assert daemon.docker("inspect", "--format={{.Config.User}}", reference).strip() == "65532"


@pytest.mark.parametrize("app", ["flask", "go", "node"])
def test_an_application_builds_and_answers(daemon: Daemon, bases: Bases, app: str) -> None:
    context = ROOT / APPS / app
    build = ["buildx", "build", "--load", "--network=host", f"--tag={app}", *bases.build_options]
    daemon.docker(*build, str(context))
    assert smoke_problems(daemon, app, context / "smoke.toml") == []
