"""A private builder: where none can be started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.no_builders import forget_builders

from buildkit_client import NoBuilder, connect
from buildkit_client.transport import keeper, leftovers, private


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_builders(tmp_path, monkeypatch)
    monkeypatch.setattr(private, "_SYSTEM_FOLDERS", ())
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()


def install(tmp_path: Path, *programs: str) -> None:
    for program in programs:
        (tmp_path / "bin" / program).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / "bin" / program).chmod(0o755)


def test_nothing_is_installed() -> None:
    with pytest.raises(NoBuilder, match="no builder was found: set BUILDKIT_HOST"):
        connect()


def test_a_daemon_alone_is_not_enough(tmp_path: Path) -> None:
    install(tmp_path, "dockerd", "containerd", "ip")
    assert private.installed() == ""
    install(tmp_path, "runc")
    assert private.installed() == "dockerd"
    install(tmp_path, "buildkitd")
    assert private.installed() == "buildkitd"


def test_only_root_starts_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "buildkitd", "runc")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NoBuilder, match=r"no builder was found: .*; buildkitd is installed, but"):
        connect()


def test_a_builder_that_is_named_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "buildkitd", "runc")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(NoBuilder, match=r"none\.sock cannot be reached"):
        connect()


def test_the_keeper_ends_with_its_standard_input(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "file").touch()
    plan = {"folder": str(folder), "bridge": "", "services": []}
    command = [sys.executable, "-I", "-S", keeper.__file__, json.dumps(plan)]
    done = subprocess.run(command, input=b"", capture_output=True, env={"PATH": "/usr/bin:/bin"})
    assert (done.returncode, done.stdout, done.stderr) == (0, b"ready\n", b"")
    assert not folder.exists()


def test_the_keeper_tells_what_did_not_start(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    command = ["/bin/sh", "-c", "echo first; echo last words >&2"]
    service = {"command": command, "socket": str(folder / "s"), "pings": False}
    plan = {"folder": str(folder), "bridge": "", "services": [service]}
    start = [sys.executable, "-I", "-S", keeper.__file__, json.dumps(plan)]
    done = subprocess.run(start, input=b"", capture_output=True, env={"PATH": "/usr/bin:/bin"})
    assert done.stdout == b"sh ended: last words\n"
    assert not folder.exists()


def test_a_folder_that_somebody_keeps_is_not_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(leftovers, "_NEW_SECONDS", -1)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for name in ("kept", "left"):
        (tmp_path / f"buildkit-private-{name}").mkdir()
    held = leftovers.lock(tmp_path / "buildkit-private-kept")
    private.sweep()
    os.close(held)
    assert sorted(path.name for path in tmp_path.glob("buildkit-*")) == ["buildkit-private-kept"]
