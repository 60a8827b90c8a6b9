"""Builds that are stopped: by Ctrl-C, by a deadline, by another thread."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.engine.buildkit import interrupted
from tests.engine.buildkit.conftest import SHELL, EndsIn, MakeContext
from tests.engine.buildkit.phases import LARGE, Phase, reached, request_for

from buildkit_client import Builder, BuildRequest, Cancelled, LocalDirectory, Tar, TimedOut

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_stays")]


@pytest.mark.parametrize("phase", list(Phase))
def test_ctrl_c_ends_a_program_that_builds(
    url: str,
    make_context: MakeContext,
    tmp_path: Path,
    phase: Phase,
    record_property: Callable[[str, object], None],
) -> None:
    script = Path(interrupted.__file__)
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.engine.buildkit.interrupted", url, phase, make_context()],
        cwd=script.parents[3],
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "DOCKER_CONFIG": "/none"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert program.stdout.readline() == b"now\n", program.stderr.read().decode()
        began = time.monotonic()
        program.send_signal(signal.SIGINT)
        said = program.stderr.read().decode()
        assert program.wait(10) == 0, said
    seconds = time.monotonic() - began
    record_property("fault", f"{seconds:.2f} s KeyboardInterrupt")
    assert not said
    assert seconds < 5


@pytest.mark.parametrize("phase", list(Phase))
def test_a_deadline_ends_a_build(
    builder: Builder, make_context: MakeContext, ends_in: EndsIn, phase: Phase
) -> None:
    pieces: list[bytes] = []
    events: list[object] = []

    def slow(data: bytes) -> None:
        pieces.append(data)
        time.sleep(0.2)

    # So that no time goes by before the phase.
    early = SHELL + LARGE % 64 if phase is Phase.EXPORT else SHELL
    builder.build(BuildRequest(context=make_context(), dockerfile=early, network="host"))
    request = request_for(phase, make_context(), slow)
    with ends_in(TimedOut, "time that was given", within=3 + 5):
        builder.build(request, timeout=3, on_event=events.append)
    assert pieces or any(reached(phase, event) for event in events)


@pytest.mark.parametrize("phase", list(Phase))
def test_another_thread_stops_a_build(
    builder: Builder, make_context: MakeContext, ends_in: EndsIn, phase: Phase
) -> None:
    in_it = threading.Event()

    def slow(_data: bytes) -> None:
        in_it.set()
        time.sleep(0.2)

    with builder.start(request_for(phase, make_context(), slow)) as build:

        def stop() -> None:
            assert in_it.wait(60)
            fault.happens()
            build.cancel()

        with ends_in(Cancelled, "stopped") as fault:
            stopper = threading.Thread(target=stop)
            stopper.start()
            for event in build.events():
                if reached(phase, event):
                    in_it.set()
            build.result()
    stopper.join()


def test_a_file_that_was_on_its_way_is_not_there(
    builder: Builder, make_context: MakeContext, ends_in: EndsIn, tmp_path: Path
) -> None:
    """Nor is its unfinished part; what was there before still is."""
    target = tmp_path / "results" / "result.tar"
    target.parent.mkdir()
    target.write_bytes(b"before")
    request = BuildRequest(
        context=make_context(),
        dockerfile=SHELL + b"RUN dd if=/dev/zero of=/large bs=1M count=250\n",
        network="host",
        outputs=(Tar(target),),
    )
    with builder.start(request) as build, ends_in(Cancelled, "stopped") as fault:
        while len(os.listdir(target.parent)) < 2:
            time.sleep(0.01)
        fault.happens()
        build.cancel()
        build.result()
    assert os.listdir(target.parent) == ["result.tar"]
    assert target.read_bytes() == b"before"


def test_leaving_the_block_stops_the_build(builder: Builder, make_context: MakeContext) -> None:
    with builder.start(request_for(Phase.RUN, make_context(), print)) as build:
        next(event for event in build.events() if reached(Phase.RUN, event))
        began = time.monotonic()
    assert time.monotonic() - began < 5


def test_a_function_for_events_that_raises_stops_the_build(
    builder: Builder, make_context: MakeContext
) -> None:
    def confused(event: object) -> None:
        if reached(Phase.RUN, event):
            raise LookupError("of the caller")

    with pytest.raises(LookupError, match="of the caller"):
        builder.build(request_for(Phase.RUN, make_context(), print), on_event=confused)


def test_a_build_that_never_began_leaves_nothing(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    outputs = (LocalDirectory(tmp_path / "out"),)
    builder.start(BuildRequest(context=make_context(), dockerfile=SHELL, outputs=outputs))
    assert not (tmp_path / "out").exists()
