"""A builder of one's own, for as long as a command needs one.

It shares nothing with another daemon of the machine: directories, socket, containerd and bridge are
its own, and it touches no packet filter. So its bridge leads nowhere, and the RUN steps of a build
use the network of the machine instead, unless the build asks for another.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from buildkit_client.errors import NoBuilder
from buildkit_client.transport import keeper, leftovers
from buildkit_client.transport.addresses import Address, parse
from buildkit_client.transport.keeper import Plan, Service

_PREFIX = "buildkit-private-"
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
# The kernel's limit for sockets, less what BuildKit adds for the one of an SSH agent.
_LONGEST_FOLDER = 54
_NEEDED = {"buildkitd": ("runc",), "dockerd": ("containerd", "runc", "ip")}


def installed() -> str:
    """The program that a private builder would run (`buildkitd`, `dockerd`), or nothing."""
    for program, needed in _NEEDED.items():
        if all(map(_which, (program, *needed))):
            return program
    return ""


class PrivateBuilder:
    """A daemon that lives until this is closed, or until this process dies."""

    def __init__(self, program: str) -> None:
        if os.geteuid() != 0:
            raise NoBuilder(f"{program} is installed, but only root can start one")
        sweep()
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_place()))
        if len(str(folder)) > _LONGEST_FOLDER:
            folder.rmdir()
            raise NoBuilder(f"{folder} is too long a name for a private builder: set TMPDIR")
        self._folder = folder
        plan = _dockerd(folder) if program == "dockerd" else _buildkitd(folder)
        # Without this package, and in a session of its own: Ctrl-C is not for it.
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", keeper.__file__, json.dumps(plan)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(os.environ),
            start_new_session=True,
        )
        try:
            self._wait(program)
        except BaseException:
            self.close()
            raise
        url = f"unix://{plan['services'][-1]['socket']}"
        self.address: Address = parse(url, docker=program == "dockerd")
        self.reason = f"no builder answers, so a private {program} runs for as long as it is needed"

    def _wait(self, program: str) -> None:
        assert self._keeper.stdout is not None
        readable, _, _ = select.select([self._keeper.stdout], [], [], _START_SECONDS)
        said = self._keeper.stdout.readline().decode().strip() if readable else "it takes too long"
        if said != "ready":
            raise NoBuilder(f"a private {program} could not be started: {said or 'it was ended'}")

    def close(self) -> None:
        """Stop the daemon and take away all that was its own."""
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        self._keeper.stdin.close()
        try:
            self._keeper.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        self._keeper.stdout.close()


def _dockerd(folder: Path) -> Plan:
    containerd, docker = folder / "containerd.sock", folder / "docker.sock"
    # The store that has every exporter. A daemon that does not know the feature passes over it.
    settings = folder / "daemon.json"
    settings.write_text(json.dumps({"features": {"containerd-snapshotter": True}}))
    bridge = "bk-" + folder.name.removeprefix(_PREFIX)
    folders = {
        "--data-root": folder / "data",
        "--exec-root": folder / "exec",
        "--pidfile": folder / "docker.pid",
        "--containerd": containerd,
        "--config-file": settings,
        # Without one dockerd would delete the `docker0` of another.
        "--bridge": bridge,
    }
    switches = ("iptables", "ip6tables", "ip-forward", "ip-masq", "userland-proxy")
    command = [
        _which("dockerd"),
        f"--host=unix://{docker}",
        *(f"{name}={value}" for name, value in folders.items()),
        *(f"--{name}=false" for name in switches),
    ]
    return Plan(
        folder=str(folder),
        bridge=bridge,
        services=[
            # Its own, or dockerd would join a containerd of the machine.
            Service(command=_containerd(folder, containerd), socket=str(containerd), pings=False),
            Service(command=command, socket=str(docker), pings=True),
        ],
    )


def _containerd(folder: Path, address: Path) -> list[str]:
    folders = ["--root", str(folder / "containerd"), "--state", str(folder / "state")]
    return [_which("containerd"), "--config", os.devnull, "--address", str(address), *folders]


def _buildkitd(folder: Path) -> Plan:
    address = folder / "buildkitd.sock"
    settings = folder / "buildkitd.toml"
    settings.write_text('insecure-entitlements = ["network.host"]\n')
    command = [_which("buildkitd"), "--config", str(settings), "--root", str(folder / "data")]
    command += ["--addr", f"unix://{address}", "--oci-worker=true", "--containerd-worker=false"]
    command += ["--oci-worker-net=host"]
    service = Service(command=command, socket=str(address), pings=False)
    return Plan(folder=str(folder), bridge="", services=[service])


def _which(program: str) -> str:
    """Where a program is; users often lack the folders in which daemons are."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_SYSTEM_FOLDERS))
    return shutil.which(program, path=path) or ""


def _environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """Proxies stay; what speaks of another daemon, or of a service manager, does not."""
    strange = ("DOCKER_", "BUILDKIT_", "BUILDX_", "NOTIFY_SOCKET", "LISTEN_")
    kept = {name: value for name, value in inherited.items() if not name.startswith(strange)}
    path = os.pathsep.join((inherited.get("PATH", os.defpath), *_SYSTEM_FOLDERS))
    return kept | {"PATH": path}


def _place() -> str:
    """Images are large, and /tmp is often in memory."""
    wanted = os.environ.get("TMPDIR") or "/var/tmp"
    return wanted if os.access(wanted, os.W_OK) else tempfile.gettempdir()


def sweep() -> None:
    """Take away what is left of private builders whose keeper was killed."""
    for folder in leftovers.abandoned(Path(_place()), _PREFIX):
        keeper.remove(folder)
