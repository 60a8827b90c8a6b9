"""A registry on this machine only."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.engine.service import Service, run


@contextmanager
def running_registry(
    storage: Path,
    folder: Path,
    more: Mapping[str, Any] | None = None,
    *,
    users: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Serve what `storage` holds and give the address, `localhost:PORT`.

    Daemons talk plain HTTP to that name without any setting. `more` are settings of the registry;
    those of `http` are added. With `users`, names and passwords, nobody else gets in.
    """
    port = free_port()
    settings: dict[str, object] = {
        "version": "0.1",
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": str(storage)}},
        **(more or {}),
        "http": {"addr": f"127.0.0.1:{port}", **(more or {}).get("http", {})},
    }
    if users:
        passwords = folder / "htpasswd"
        passwords.write_text("".join(f"{name}:{_bcrypt(users[name])}\n" for name in users))
        settings["auth"] = {"htpasswd": {"realm": "tests", "path": str(passwords)}}
    config = folder / "registry.yml"
    config.write_text(json.dumps(settings))  # any JSON is YAML
    registry = Service(["docker-registry", "serve", str(config)], folder / "registry.log")
    try:
        registry.wait_until(lambda: listens(port))
        yield f"localhost:{port}"
    finally:
        registry.stop()


def _bcrypt(password: str) -> str:
    """The one kind of hash that the registry reads; Debian's perl has the C library's."""
    salt = "$2y$05$abcdefghijklmnopqrstuu"
    return run(["perl", "-e", "print crypt($ARGV[0], $ARGV[1])", password, salt])


def free_port() -> int:
    """A port of this machine that nobody uses yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether somebody does."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
