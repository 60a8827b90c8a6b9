"""An SSH server on this machine only, and SSH agents, with keys that are made for one run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.engine.install import install_ssh_server
from tests.engine.registry import free_port, listens
from tests.engine.service import Service, run


class Server(NamedTuple):
    """A port, and an `ssh` that knows the keys."""

    port: int
    client: Path


@contextmanager
def running_ssh_server(folder: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    """Whoever runs the tests can log in; commands run there with `environment` and this PATH."""
    install_ssh_server()
    for name in ("host", "user"):
        make_key(folder / name)
    port = free_port()
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd locks a process of its own in
    variables = {"PATH": os.environ["PATH"]} | dict(environment)
    settings = [
        f"ListenAddress 127.0.0.1:{port}",
        f"HostKey {folder / 'host'}",
        f"AuthorizedKeysFile {folder / 'user.pub'}",
        "StrictModes no",
        "UsePAM no",
        "PermitRootLogin prohibit-password",
        "PidFile none",
        "SetEnv " + " ".join(f'{name}="{value}"' for name, value in variables.items()),
    ]
    (folder / "sshd_config").write_text("\n".join(settings) + "\n")
    program = shutil.which("sshd") or "/usr/sbin/sshd"  # it wants its whole path
    command = [program, "-D", "-e", "-f", str(folder / "sshd_config")]
    server = Service(command, folder / "sshd.log")
    try:
        server.wait_until(lambda: listens(port))
        yield Server(port, _client(folder, port))
    finally:
        server.stop()


@contextmanager
def running_agent(folder: Path) -> Iterator[tuple[Path, str]]:
    """An agent that holds one key: its socket, and the public key as agents list it."""
    path = folder / "agent"
    agent = Service(["ssh-agent", "-D", "-a", str(path)], folder / "agent.log")
    try:
        agent.wait_until(path.exists)
        key = make_key(folder / "held")
        run(["ssh-add", str(key)], environment=dict(os.environ) | {"SSH_AUTH_SOCK": str(path)})
        yield path, key.with_suffix(".pub").read_text()
    finally:
        agent.stop()


def make_key(path: Path) -> Path:
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)])
    return path


def _client(folder: Path, port: int) -> Path:
    """Docker runs the `ssh` that it finds first; the user's own settings stay out of it."""
    known = folder / "known_hosts"
    public = (folder / "host.pub").read_text()
    known.write_text(f"[127.0.0.1]:{port} {public}")
    settings = folder / "ssh_config"
    lines = [f"IdentityFile {folder / 'user'}", "IdentitiesOnly yes", f"UserKnownHostsFile {known}"]
    settings.write_text("\n".join(lines) + "\n")
    client = folder / "client" / "ssh"
    client.parent.mkdir()
    client.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {settings} "$@"\n')
    client.chmod(0o755)
    return client
