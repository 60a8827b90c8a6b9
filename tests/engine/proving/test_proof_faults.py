"""A proof that something goes wrong in: one clear sentence, nothing left, the file untouched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.engine.buildkit.leftovers import at, nothing_is_left
from tests.engine.daemon import Daemon, running_daemon
from tests.engine.install import install
from tests.engine.proving.conftest import SMALL
from tests.engine.service import EngineUnavailable
from typer.testing import CliRunner

from reimage.cli.app import app as cli

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("own_temporary_files")]
SLOW = SMALL.replace("CMD", "RUN sleep 300\nCMD")
PROGRAM = Path(__file__).with_name("interrupted.py")


def failed(dockerfile: Path, source: str, host: str, *options: str) -> str:
    """What a proof of `source` says that must end with 2 and leave nothing, nor a changed file."""
    dockerfile.write_text(source)
    command = ["optimize", str(dockerfile), "--build", "--write", f"--builder={host}", *options]
    done = CliRunner().invoke(cli, command)
    assert done.exit_code == 2, done.stderr
    assert dockerfile.read_text() == source
    told = [line for line in done.stderr.splitlines() if "build" in line]
    assert "Traceback" not in done.stderr
    return "\n".join(told)


def test_a_build_that_hangs_is_given_up(daemon: Daemon, dockerfile: Path) -> None:
    began = time.monotonic()
    with nothing_is_left(at(daemon.host)):
        told = failed(dockerfile, SLOW, daemon.host, "--build-timeout=3")
    assert "The original does not build: the build is not done after 3 seconds" in told
    assert time.monotonic() - began < 30


def test_a_run_without_its_network_says_so(daemon: Daemon, dockerfile: Path) -> None:
    source = SMALL.replace("CMD", "RUN nc -w 2 192.0.2.1 80\nCMD")
    told = failed(dockerfile, source, daemon.host, "--network=none")
    assert "The original does not build: line 7" in told
    assert "is the network of RUN there?" in told


@pytest.fixture
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """An engine with little room for what it builds."""
    yield from _own(tmp_path_factory, room=60_000_000)


@pytest.fixture
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """An engine that the test may kill."""
    yield from _own(tmp_path_factory)


def _own(tmp_path_factory: pytest.TempPathFactory, *, room: int = 0) -> Iterator[Daemon]:
    try:
        engine = install("sid")
    except EngineUnavailable as reason:
        pytest.skip(str(reason))
    logs = tmp_path_factory.mktemp("own")
    with running_daemon(engine, "containerd", logs, room=room) as daemon:
        yield daemon
        if not daemon.is_alive:
            daemon.start()  # it tidies up when it is stopped


def test_a_full_disk_of_the_builder_blames_nobody(small_disk: Daemon, dockerfile: Path) -> None:
    source = SMALL.replace("CMD", "RUN dd if=/dev/zero of=/srv/large bs=1000000 count=200\nCMD")
    told = failed(dockerfile, source, small_disk.host)
    assert "The builder's disk is full" in told
    assert "docker builder prune" in told


def test_a_daemon_that_is_killed_ends_the_proof(mortal: Daemon, dockerfile: Path) -> None:
    with nothing_is_left():
        timer = threading.Timer(6, mortal.kill)
        timer.start()
        began = time.monotonic()
        told = failed(dockerfile, SLOW, mortal.host)
        timer.join()
    assert "The builder failed: " in told
    assert "went away" in told
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 128 + signal.SIGTERM)]
)
def test_a_signal_stops_all_builds_and_nothing_is_left(
    daemon: Daemon, dockerfile: Path, number: signal.Signals, code: int
) -> None:
    dockerfile.write_text(SLOW)
    command: Sequence[str] = [sys.executable, str(PROGRAM), daemon.host, str(dockerfile)]
    root = Path(__file__).parents[3]
    path = os.pathsep.join([str(root), str(root / "src")])
    with (
        nothing_is_left(at(daemon.host)),
        subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
        ) as process,
    ):
        _wait_until(lambda: any("sleep" in each for each in at(daemon.host)()))
        process.send_signal(number)
        began = time.monotonic()
        _, told = process.communicate(timeout=60)
        assert time.monotonic() - began < 15
    assert process.returncode == code, told
    assert "left:" not in told
    assert dockerfile.read_text() == SLOW


def _wait_until(ready: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < until
        time.sleep(0.1)
