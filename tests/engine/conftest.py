"""A running engine for tests: started when the first test asks, stopped after the last one."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from functools import cache

import pytest
from tests.engine.bases import Bases, serving_bases
from tests.engine.daemon import Daemon, Store, running_daemon
from tests.engine.install import install
from tests.engine.service import EngineUnavailable

StartDaemon = Callable[[str, Store], Daemon]
LOGS = pytest.StashKey[list[Daemon]]()


@pytest.fixture(scope="session")
def start_daemon(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartDaemon]:
    """Debian's suite and the kind of image store → a daemon, the same one each time."""
    started = request.config.stash.setdefault(LOGS, [])
    with ExitStack() as stack:

        @cache
        def start(suite: str, store: Store) -> Daemon:
            logs = tmp_path_factory.mktemp(f"docker-{suite}-{store}")
            try:
                daemon = stack.enter_context(running_daemon(install(suite), store, logs))
            except EngineUnavailable as reason:
                _give_up(str(reason))
            started.append(daemon)
            return daemon

        yield start


@pytest.fixture(scope="session")
def daemon(start_daemon: StartDaemon) -> Daemon:
    """A current engine with the containerd image store, which has every exporter."""
    return start_daemon("sid", "containerd")


@pytest.fixture(scope="session")
def graphdriver_daemon(start_daemon: StartDaemon) -> Daemon:
    """A current engine with the older image store."""
    return start_daemon("sid", "graphdriver")


@pytest.fixture(scope="session")
def bases(daemon: Daemon) -> Iterator[Bases]:
    """Base images, for every daemon."""
    with serving_bases(daemon) as served:
        yield served


def _give_up(reason: str) -> None:
    """A developer may have no engine; where every test counts it is a failure."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for daemon in item.config.stash.get(LOGS, []):
            report.sections.append(("logs of the engine", str(daemon.logs)))
    return report
