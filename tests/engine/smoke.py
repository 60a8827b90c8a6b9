"""Does an image do what its application's smoke.toml says?"""

from __future__ import annotations

import subprocess
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.daemon import Daemon


def smoke_problems(daemon: Daemon, image: str, smoke_file: Path) -> list[str]:
    """What did not come out as expected, in a sentence each."""
    return problems_of(daemon, image, tomllib.loads(smoke_file.read_text("utf-8")))


def problems_of(daemon: Daemon, image: str, smoke: Mapping[str, Any]) -> list[str]:
    """The same for what a smoke file says."""
    start = [*(f"--env={name}={value}" for name, value in smoke.get("env", {}).items()), image]
    problems = []
    if requests := smoke.get("http", []):
        with _container(daemon, start) as container:
            for request in requests:
                problems += _http_problems(daemon, container, request, smoke["timeout"])
    if command := smoke.get("run"):
        problems += _run_problems(daemon, start, command)
    return problems


def seconds_until_it_answers(daemon: Daemon, image: str, smoke_file: Path) -> float:
    """From starting a container to its first answer, or to the end of a command."""
    smoke = tomllib.loads(smoke_file.read_text("utf-8"))
    start = [*(f"--env={name}={value}" for name, value in smoke.get("env", {}).items()), image]
    begin = time.perf_counter()
    if requests := smoke.get("http", []):
        with _container(daemon, start) as container:
            problems = _http_problems(daemon, container, requests[0], smoke["timeout"], pause=0.01)
            seconds = time.perf_counter() - begin
    else:
        problems = _run_problems(daemon, start, smoke["run"])
        seconds = time.perf_counter() - begin
    assert not problems, problems
    return seconds


@contextmanager
def _container(daemon: Daemon, start: list[str]) -> Iterator[str]:
    container = daemon.docker("run", "--detach", *start).strip()
    try:
        yield container
    finally:
        daemon.docker("rm", "--force", container)


def _http_problems(
    daemon: Daemon, container: str, request: dict[str, Any], timeout: float, pause: float = 0.1
) -> list[str]:
    """Asks the container's own address: nothing else on the machine uses its ports."""
    where = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    deadline = time.monotonic() + timeout
    while address := daemon.docker("inspect", f"--format={where}", container).strip():
        url = f"http://{address}:{request['port']}{request['path']}"
        try:
            with build_opener(ProxyHandler({})).open(url, timeout=timeout) as answer:
                body = answer.read().decode("utf-8", "replace")
        except (URLError, ConnectionError) as error:
            if time.monotonic() > deadline:
                return [f"{url}: {error}. The container said: {_said(daemon, container)}"]
            time.sleep(pause)
        else:
            return [] if request["expect"] in body else [f"{url} answered {body!r}"]
    return [f"The container ended: {_said(daemon, container)}"]


def _said(daemon: Daemon, container: str) -> str:
    done = _docker(daemon, "logs", container)
    return done.stdout + done.stderr


def _run_problems(daemon: Daemon, start: list[str], command: dict[str, Any]) -> list[str]:
    done = _docker(daemon, "run", "--rm", *start, *command["args"])
    if done.returncode != command.get("exit", 0):
        return [f"{command['args']} ended with {done.returncode}: {done.stderr}"]
    if command["expect"] not in done.stdout:
        return [f"{command['args']} printed {done.stdout!r}"]
    return []


def _docker(daemon: Daemon, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [daemon.engine.docker, *arguments],
        capture_output=True,
        text=True,
        env=daemon.environment,
        check=False,
    )
