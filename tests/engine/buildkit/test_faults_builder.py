"""A builder that dies, comes back, or is none: an engine of the tests' own is killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.engine.buildkit.conftest import SHELL, EndsIn, Fault, MakeContext
from tests.engine.buildkit.leftovers import nothing_is_left
from tests.engine.buildkit.phases import LARGE, Phase, reached, request_for
from tests.engine.daemon import Daemon, Store, running_daemon
from tests.engine.install import install
from tests.engine.service import EngineUnavailable

from buildkit_client import (
    Builder,
    BuilderGone,
    BuildRequest,
    IntoEngine,
    LocalDirectory,
    NoBuilder,
    OciArchive,
    Output,
    Step,
    connect,
)
from buildkit_client.session.pulse import INTERVAL, PATIENCE

pytestmark = pytest.mark.engine


@pytest.fixture(
    scope="module",
    params=["containerd", pytest.param("graphdriver", marks=pytest.mark.slow)],
)
def mortal(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Daemon]:
    """An engine that tests may kill."""
    store: Store = request.param
    try:
        engine = install("sid")
    except EngineUnavailable as reason:
        pytest.skip(str(reason))
    with running_daemon(engine, store, tmp_path_factory.mktemp("mortal")) as daemon:
        yield daemon
        if not daemon.is_alive:
            daemon.start()  # it tidies up when it is stopped


@pytest.fixture
def builder(
    mortal: Daemon, tmp_path: Path, own_temporary_files: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Builder]:
    """A connection of which nothing is left in the end; the engine may be dead then."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-docker-config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    if not mortal.is_alive:
        mortal.start()
    with nothing_is_left(), connect(mortal.host) as connected:
        yield connected


class Killer:
    """Ends the engine once."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._lock = threading.Lock()
        self.done = False
        self.fault: Fault | None = None

    def __call__(self, _cause: object = None) -> None:
        with self._lock:
            if not self.done:
                self.done = True
                if self.fault:
                    self.fault.happens()
                self._daemon.kill()


@pytest.fixture
def kill(mortal: Daemon) -> Killer:
    return Killer(mortal)


@pytest.mark.parametrize("phase", [Phase.CONTEXT, Phase.RUN])
def test_killed_while_it_builds(
    builder: Builder, make_context: MakeContext, kill: Killer, ends_in: EndsIn, phase: Phase
) -> None:
    request = request_for(phase, make_context(), kill)
    with ends_in(BuilderGone, "went away") as kill.fault:
        builder.build(request, on_event=lambda event: kill() if reached(phase, event) else None)
    assert kill.done


def _exports(kill: Killer, folder: Path) -> dict[str, tuple[Output, Callable[[object], None]]]:
    """Results, and when each is on its way."""

    def when_a_file_grows(_event: object) -> None:
        large = folder / "out" / "large"
        if large.exists() and large.stat().st_size:
            kill()

    def when_it_is_exported(event: object) -> None:
        if isinstance(event, Step) and event.name.startswith("exporting to image"):
            kill()

    def nothing(_event: object) -> None:
        pass

    return {
        "stream": (OciArchive(target=kill), nothing),
        "directory": (LocalDirectory(folder / "out"), when_a_file_grows),
        "engine": (IntoEngine(names=("killed:1",)), when_it_is_exported),
    }


@pytest.mark.parametrize("to", ["stream", "directory", "engine"])
def test_killed_while_it_exports(
    builder: Builder,
    make_context: MakeContext,
    kill: Killer,
    ends_in: EndsIn,
    tmp_path: Path,
    to: str,
) -> None:
    output, watch = _exports(kill, tmp_path)[to]
    if output.kind not in builder.abilities.exporters:
        pytest.skip("this image store has no such exporter")
    dockerfile = SHELL + LARGE % 64
    if to == "directory":
        dockerfile = SHELL + LARGE % 200 + b"FROM scratch\nCOPY --from=0 /large /\n"
    with ends_in(BuilderGone, "went away") as kill.fault:
        builder.build(
            BuildRequest(
                context=make_context(), dockerfile=dockerfile, network="host", outputs=(output,)
            ),
            on_event=watch,
        )
    assert kill.done


def test_a_builder_that_was_started_again_is_used_again(
    builder: Builder, mortal: Daemon, make_context: MakeContext, ends_in: EndsIn
) -> None:
    request = BuildRequest(context=make_context(), dockerfile=SHELL, network="host")
    assert builder.build(request).steps
    mortal.kill()
    time.sleep(0.3)  # in which gRPC takes notice
    with ends_in(NoBuilder, "Connection refused"):
        builder.build(request)
    mortal.start()
    assert builder.build(request).steps
    mortal.stop()
    mortal.start()
    assert builder.build(request).steps


def test_a_look_at_a_builder_that_dies(
    builder: Builder, mortal: Daemon, make_context: MakeContext, ends_in: EndsIn
) -> None:
    request = BuildRequest(context=make_context(), dockerfile=SHELL, network="host")
    with builder.look(request) as gateway, gateway.solve().container() as container:
        killer = Killer(mortal)
        with ends_in(BuilderGone, "went away") as killer.fault:
            container.run(["/bin/sh", "-c", "echo now; sleep 20"], on_output=lambda *_: killer())


def _freeze(daemon: Daemon, processes: list[int]) -> None:
    if not processes:
        processes.append(daemon.pid)
        os.kill(daemon.pid, signal.SIGSTOP)


@pytest.fixture
def frozen(mortal: Daemon) -> Iterator[Callable[[], None]]:
    """Stops the engine as a machine that hangs does: connections stay, nothing is answered."""
    processes: list[int] = []
    yield lambda: _freeze(mortal, processes)
    for process in processes:
        os.kill(process, signal.SIGCONT)


@pytest.mark.slow
@pytest.mark.parametrize("phase", list(Phase))
def test_frozen_while_it_builds(
    builder: Builder,
    make_context: MakeContext,
    frozen: Callable[[], None],
    ends_in: EndsIn,
    phase: Phase,
) -> None:
    request = request_for(phase, make_context(), lambda _piece: frozen())
    if request.outputs and request.outputs[0].kind not in builder.abilities.exporters:
        pytest.skip("this image store has no such exporter")
    with ends_in(BuilderGone, "does not answer any more", within=90) as fault:
        began = False
        with builder.start(request) as build:
            for event in build.events():
                if reached(phase, event) and not began:
                    began = True
                    fault.happens()
                    frozen()
            build.result()
    assert time.monotonic() - fault.began < INTERVAL + PATIENCE + 5 or phase is Phase.EXPORT


@pytest.mark.slow
def test_a_look_at_a_builder_that_freezes(
    builder: Builder, make_context: MakeContext, frozen: Callable[[], None], ends_in: EndsIn
) -> None:
    request = BuildRequest(context=make_context(), dockerfile=SHELL, network="host")
    within = INTERVAL + PATIENCE + 5
    with builder.look(request) as gateway:
        result = gateway.solve()
        assert result.list("/bin")
        with (
            result.container() as container,
            ends_in(BuilderGone, "does not answer any more", within=within),
        ):
            container.run(["/bin/sh", "-c", "echo now; sleep 60"], on_output=lambda *_: frozen())
        with ends_in(BuilderGone, "does not answer any more"):
            result.read("/bin/busybox")


@pytest.mark.slow
def test_a_builder_that_thaws_in_time_goes_on(
    builder: Builder, make_context: MakeContext, mortal: Daemon
) -> None:
    request = BuildRequest(
        context=make_context(),
        dockerfile=SHELL + b"RUN sleep 20\n",
        network="host",
        no_cache=True,
    )
    with builder.start(request) as build:
        next(event for event in build.events() if isinstance(event, Step) and "sleep" in event.name)
        os.kill(mortal.pid, signal.SIGSTOP)
        time.sleep(PATIENCE - 2)
        os.kill(mortal.pid, signal.SIGCONT)
        assert build.result().steps
