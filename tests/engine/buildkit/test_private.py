"""A builder of one's own, where none answers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.buildkit.conftest import SHELL, MakeContext
from tests.engine.install import install
from tests.engine.service import run
from tests.no_builders import forget_builders

from buildkit_client import BuildRequest, IntoEngine, LocalDirectory, NoBuilder, connect
from buildkit_client.transport import leftovers, private

pytestmark = pytest.mark.engine

SUITES = [
    pytest.param(suite, marks=marks) for suite, marks in (("sid", ()), ("trixie", pytest.mark.slow))
]


@pytest.fixture(params=SUITES)
def nobody(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """An engine is installed, and none runs that anybody knows of. The place of private ones."""
    engine = install(request.param)
    forget_builders(tmp_path, monkeypatch)
    monkeypatch.setenv("PATH", str(engine.dockerd.parent), prepend=os.pathsep)
    place = Path("/var/tmp", f"reimage-{os.getpid()}")
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    yield place
    shutil.rmtree(place)


BRIDGES: set[str] = set()
"""Of all private builders that a test has seen; somebody else may run some, too."""


def traces(place: Path) -> list[str]:
    """Mounts, processes, interfaces and files that speak of private builders at `place`."""
    told = Path("/proc/self/mountinfo").read_text() + run(["ps", "-eo", "args"])
    found = [line for line in told.split("\n") if str(place) in line]
    names = [path.name for path in place.glob("buildkit-private-*")]
    BRIDGES.update(name.replace("buildkit-private", "bk") for name in names)
    links = [line.split(" ")[0] for line in run(["ip", "-brief", "link"]).split("\n")]
    return found + names + sorted(BRIDGES.intersection(links))


def wait_until_gone(place: Path, seconds: float = 30) -> list[str]:
    deadline = time.monotonic() + seconds
    while (left := traces(place)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left


def test_it_builds_and_leaves_nothing(
    nobody: Path, make_context: MakeContext, tmp_path: Path
) -> None:
    with connect() as builder:
        assert builder.is_private
        assert "a private dockerd" in builder.reason
        assert traces(nobody)
        out = LocalDirectory(tmp_path / "out")
        dockerfile = (
            SHELL + b"RUN ls /sys/class/net > /links && busybox nslookup localhost || true\n"
        )
        builder.build(
            BuildRequest(context=make_context(), dockerfile=dockerfile, outputs=(out, IntoEngine()))
        )
        # The network of the machine, since its own bridge leads nowhere.
        assert (out.path / "links").read_text().split() == sorted(os.listdir("/sys/class/net"))
    assert wait_until_gone(nobody, 0) == []


def test_two_at_once_do_not_meet(nobody: Path, make_context: MakeContext) -> None:
    request = BuildRequest(context=make_context(), dockerfile=SHELL)
    with connect() as one:
        with connect() as other:
            assert one.url != other.url
            assert traces(nobody)
            assert one.build(request).steps
            assert other.build(request).steps
        assert one.build(request).steps
    assert wait_until_gone(nobody, 0) == []


def test_it_outlives_the_thread_that_asked_for_it(nobody: Path) -> None:
    builders = []
    thread = threading.Thread(target=lambda: builders.append(connect()))
    thread.start()
    thread.join()
    with builders[0] as builder:
        time.sleep(0.5)
        assert builder.workers()


SLEEP = f"sleep 6{os.getpid()}"
CLIENT = """
import sys
from pathlib import Path
from buildkit_client import BuildRequest, connect
from buildkit_client.transport import discovery
discovery._DOCKER_SOCKET = Path("/nowhere")
discovery._BUILDKIT_SOCKETS = ()
with connect() as builder:
    print("ready", flush=True)
    builder.build(BuildRequest(context=Path(sys.argv[1]), dockerfile=Path(sys.argv[2])))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_nothing_is_left_of_a_client_that_is(
    nobody: Path, make_context: MakeContext, tmp_path: Path, number: signal.Signals
) -> None:
    """In the middle of a RUN."""
    context = make_context(Dockerfile=SHELL + b"RUN echo 1 && %s\n" % SLEEP.encode())
    command = [sys.executable, "-c", CLIENT, str(context), str(context / "Dockerfile")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"ready\n"
        deadline = time.monotonic() + 30
        while SLEEP not in run(["ps", "-eo", "args"]) and time.monotonic() < deadline:
            time.sleep(0.1)
        os.killpg(client.pid, number)
    assert wait_until_gone(nobody) == []
    assert SLEEP not in run(["ps", "-eo", "args"])


def test_what_a_killed_keeper_left_goes_before_the_next_start(
    nobody: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = connect()
    assert builder._private is not None
    os.kill(builder._private._keeper.pid, signal.SIGKILL)
    builder.close()
    assert traces(nobody)
    monkeypatch.setattr(leftovers, "_NEW_SECONDS", -1)
    deadline = time.monotonic() + 20
    while str(nobody) in run(["ps", "-eo", "args"]) and time.monotonic() < deadline:
        time.sleep(0.1)
    private.sweep()
    assert wait_until_gone(nobody, 0) == []


def test_a_daemon_that_does_not_start_tells_why(
    nobody: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "dockerd"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho no cgroups here >&2; exit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    with pytest.raises(NoBuilder, match=r"no builder was found: .*; .*dockerd ended: no cgroups"):
        connect()
    assert wait_until_gone(nobody, 0) == []


def test_nobody_is_started_unless_it_is_wanted(nobody: Path) -> None:
    with pytest.raises(NoBuilder, match="no builder was found"):
        connect(private=False)
    assert traces(nobody) == []
