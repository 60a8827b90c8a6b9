"""A registry on this machine only."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.engine.service import Service


@contextmanager
def running_registry(storage: Path, folder: Path) -> Iterator[str]:
    """Serve what `storage` holds and give the address, `localhost:PORT`.

    Daemons talk plain HTTP to that name without any setting.
    """
    port = _free_port()
    settings = {
        "version": "0.1",
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": str(storage)}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    config = folder / "registry.yml"
    config.write_text(json.dumps(settings))  # any JSON is YAML
    registry = Service(["docker-registry", "serve", str(config)], folder / "registry.log")
    try:
        registry.wait_until(lambda: _listens(port))
        yield f"localhost:{port}"
    finally:
        registry.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
