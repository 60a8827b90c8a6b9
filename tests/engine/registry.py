"""A registry on this machine only."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.engine.service import Service


@contextmanager
def running_registry(
    storage: Path, folder: Path, more: Mapping[str, Any] | None = None
) -> Iterator[str]:
    """Serve what `storage` holds and give the address, `localhost:PORT`.

    Daemons talk plain HTTP to that name without any setting. `more` are settings of the registry;
    those of `http` are added.
    """
    port = _free_port()
    settings = {
        "version": "0.1",
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": str(storage)}},
        **(more or {}),
        "http": {"addr": f"127.0.0.1:{port}", **(more or {}).get("http", {})},
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
