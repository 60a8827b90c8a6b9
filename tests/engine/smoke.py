"""Does an image do what its application's smoke.toml says?"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

if TYPE_CHECKING:
    from tests.engine.daemon import Daemon


def smoke_problems(daemon: Daemon, image: str, smoke_file: Path) -> list[str]:
    """What did not come out as expected, in a sentence each."""
    smoke = tomllib.loads(smoke_file.read_text("utf-8"))
    settings = [f"--env={name}={value}" for name, value in smoke.get("env", {}).items()]
    problems = []
    if requests := smoke.get("http", []):
        with _serving(daemon, image, settings) as address:
            for request in requests:
                problems += _http_problems(address, request, smoke["timeout"])
    if command := smoke.get("run"):
        printed = daemon.docker("run", "--rm", *settings, image, *command["args"])
        if command["expect"] not in printed:
            problems.append(f"{command['args']} printed {printed!r}")
    return problems


@contextmanager
def _serving(daemon: Daemon, image: str, settings: list[str]) -> Iterator[str]:
    """The address of a container; nothing else on the machine uses its ports."""
    container = daemon.docker("run", "--detach", *settings, image).strip()
    try:
        where = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        yield daemon.docker("inspect", f"--format={where}", container).strip()
    finally:
        daemon.docker("rm", "--force", container)


def _http_problems(address: str, request: dict[str, Any], timeout: float) -> list[str]:
    url = f"http://{address}:{request['port']}{request['path']}"
    deadline = time.monotonic() + timeout
    while True:
        try:
            with build_opener(ProxyHandler({})).open(url, timeout=timeout) as answer:
                body = answer.read().decode("utf-8", "replace")
        except (URLError, ConnectionError) as error:
            if time.monotonic() > deadline:
                return [f"{url}: {error}"]
            time.sleep(0.1)
        else:
            return [] if request["expect"] in body else [f"{url} answered {body!r}"]
