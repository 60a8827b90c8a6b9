"""The engine that tests run on, its base images, and the applications on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.engine.daemon import Daemon, Store, running_daemon
from tests.engine.install import install
from tests.engine.make_bases import CPYTHON, STAGES, cpython_of_this_machine
from tests.engine.service import CommandFailed, run
from tests.engine.smoke import smoke_problems
from tests.fixture_cases import APPS, ROOT

if TYPE_CHECKING:
    from tests.engine.bases import Bases
    from tests.engine.conftest import StartDaemon

pytestmark = pytest.mark.engine

PROGRAMS = {
    "python:3.12-slim": (
        ["python", "--version"],
        f"Python {CPYTHON}." if cpython_of_this_machine() else "Python 3.",
    ),
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


def test_leaves_nothing_behind(bases: Bases, tmp_path: Path) -> None:
    with running_daemon(install(), "graphdriver", tmp_path) as daemon:
        daemon.docker("run", "--detach", bases.reference("debian:12-slim"), "sleep", "1000")
        assert str(daemon.folder) in _traces_of_daemons()
        assert daemon.bridge in _traces_of_daemons()
    assert not daemon.folder.exists()
    assert str(daemon.folder) not in _traces_of_daemons()
    assert daemon.bridge not in _traces_of_daemons()


def _traces_of_daemons() -> str:
    mounts = Path("/proc/self/mountinfo").read_text()
    return mounts + run(["ps", "-eo", "args"]) + run(["ip", "-brief", "link", "show"])


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


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[run]\nargs = ["cat", "/missing"]\nexpect = ""', "ended with 1"),
        ('[run]\nargs = ["echo", "one"]\nexpect = "two"', "printed 'one"),
        ('timeout = 0.5\n[[http]]\nport = 80\npath = "/"\nexpect = ""', "The container ended"),
    ],
)
def test_a_smoke_test_that_fails_says_why(
    daemon: Daemon, bases: Bases, tmp_path: Path, text: str, problem: str
) -> None:
    smoke = tmp_path / "smoke.toml"
    smoke.write_text(text)
    [told] = smoke_problems(daemon, bases.reference("debian:12-slim"), smoke)
    assert problem in told
