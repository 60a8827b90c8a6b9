"""Surroundings in which nobody names a builder and none is at its usual place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildkit_client.transport import discovery

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def forget_builders(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who look for one see an empty `folder`: sockets would be there, and settings."""
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    for name in ("DOCKER_CONTEXT", "DOCKER_HOST", "BUILDKIT_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(discovery, "_DOCKER_SOCKET", folder / "docker.sock")
    monkeypatch.setattr(discovery, "_BUILDKIT_SOCKETS", (folder / "buildkitd.sock",))
