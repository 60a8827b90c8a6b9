"""The closure of a command is whole: an image of nothing else gives the same answer."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reimage.docker_api.daemon import Daemon as Client
from reimage.image.closure.finding import closure, keep
from reimage.image.contents import Contents
from reimage.image.layers import Reading
from reimage.image.trees.merging import merged

if TYPE_CHECKING:
    from tests.engine.bases import Bases
    from tests.engine.daemon import Daemon

pytestmark = pytest.mark.engine

COMMANDS = {
    "python": (
        "python:3.12-slim",
        ["python", "-c", "import ssl, sqlite3, json, zoneinfo; print(ssl.OPENSSL_VERSION)"],
    ),
    "names": (
        "python:3.12-slim",
        ["python", "-c", "import pwd, socket; print(pwd.getpwuid(0), socket.getservbyname('ssh'))"],
    ),
    "node": ("node:22-slim", ["node", "-p", "require('os').EOL.length + process.version"]),
    "npm": ("node:22-slim", ["npm", "--version"]),
    "shell": ("debian:12-slim", ["bash", "-c", "ls -d /etc | sort | head -n 3; printf %s x"]),
    "perl": ("debian:12-slim", ["perl", "-e", "use POSIX; print floor(3.7)"]),
    "distroless": (
        "gcr.io/distroless/python3-debian12",
        ["/usr/bin/python3.11", "-c", "import hashlib; print(hashlib.sha256(b'x').hexdigest())"],
    ),
}


@pytest.mark.parametrize("case", COMMANDS)
def test_a_command_runs_with_its_closure_alone(
    daemon: Daemon, bases: Bases, case: str, tmp_path: Path
) -> None:
    base, command = COMMANDS[case]
    name = bases.reference(base)
    daemon.docker("pull", "--quiet", name)
    with Contents(2 << 30) as contents:
        reading = Reading(hashing=False, contents=contents, keep=keep)
        image = Client(daemon.host).image(name, reading=reading)
        found = closure(image, contents, command=tuple(command))
    assert not [missing for missing in found.missing if not missing.optional]
    assert len(found.needed) < len(merged(image.layers))
    archive = tmp_path / "closure.tar"
    only_these(daemon, name, set(found.needed), archive)
    env = [f"--change=ENV {key}={value}" for key, value in image.config.env.items()]
    small = daemon.docker("import", *env, str(archive)).strip()
    run = ["run", "--rm", "--network=none", "--entrypoint", command[0]]
    assert daemon.docker(*run, small, *command[1:]) == daemon.docker(*run, name, *command[1:])


def only_these(daemon: Daemon, name: str, paths: set[str], archive: Path) -> None:
    """The files of an image at `paths`, with their folders."""
    container = daemon.docker("create", name, "nothing").strip()
    whole = archive.parent / "whole.tar"
    daemon.docker("export", "--output", str(whole), container)
    daemon.docker("rm", container)
    above = {path[:at] for path in paths for at, char in enumerate(path) if char == "/"}
    with tarfile.open(whole) as source, tarfile.open(archive, "w") as target:
        for info in source:
            path = info.name.rstrip("/")
            if (info.isdir() and path in above | {"tmp"}) or (path in paths and info.issym()):
                target.addfile(info)
            elif path in paths and (info.isreg() or info.islnk()):
                content = source.extractfile(info)
                data = content.read() if content else b""
                info.type, info.size = tarfile.REGTYPE, len(data)
                target.addfile(info, io.BytesIO(data))
