"""SSH keys in files, for RUN --mount=type=ssh: an agent of OpenSSH for the length of a build.

It is the agent that knows every form of keys; they stay in its memory and on this machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from buildkit_client.errors import BadRequest

_START_SECONDS = 5.0
_LARGEST = 1 << 20
# A program below us that asked for a passphrase would wait for ever where nobody sees it.
_NO_QUESTIONS = {"SSH_ASKPASS_REQUIRE": "force", "SSH_ASKPASS": "/bin/false", "DISPLAY": ""}


@contextmanager
def agent_with_keys(keys: Iterable[Path]) -> Iterator[Path]:
    """The socket of an agent that holds these private keys, to be given as `BuildRequest.ssh`.

    Raises `BadRequest` for a key that cannot be read or has a passphrase, and where OpenSSH's
    programs are not installed.
    """
    program = shutil.which("ssh-agent")
    if not program or not shutil.which("ssh-add"):
        raise BadRequest("ssh-agent and ssh-add are needed for keys in files: install OpenSSH")
    with tempfile.TemporaryDirectory(prefix="buildkit-client-ssh-", dir=_place()) as folder:
        socket = Path(folder, "s")
        agent = subprocess.Popen(
            [program, "-D", "-a", str(socket)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait(agent, socket)
            for key in keys:
                _add(key, socket)
            yield socket
        finally:
            agent.terminate()
            agent.wait()


def _place() -> str | None:
    """The kernel takes 107 bytes of a socket's path."""
    return None if len(os.fsencode(tempfile.gettempdir())) <= 70 else "/tmp"


def _wait(agent: subprocess.Popen[bytes], socket: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while not socket.exists():
        if agent.poll() is not None or time.monotonic() > until:
            raise BadRequest("ssh-agent does not start")
        time.sleep(0.01)


def _add(key: Path, socket: Path) -> None:
    """By its standard input: a key that others may read is refused as a file."""
    try:
        with key.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise BadRequest(f"the SSH key {key} cannot be read: {error.strerror}") from error
    if len(content) > _LARGEST:
        raise BadRequest(f"{key} is too large to be an SSH key")
    done = subprocess.run(
        ["ssh-add", "-q", "-"],
        input=content,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **_NO_QUESTIONS, "SSH_AUTH_SOCK": str(socket)},
        check=False,
        start_new_session=True,
    )
    if done.returncode:
        raise BadRequest(
            f"{key} is no private SSH key without a passphrase: load it into an agent with "
            "ssh-add, and forward that"
        )
