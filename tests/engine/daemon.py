"""A Docker daemon of the tests' own, on a socket of its own, that leaves nothing behind.

Builds and containers that need the network use the host's (`--network=host`): rules for a bridge
would have to go into the machine's tables, which another daemon may be using. There is a bridge all
the same, over which the machine reaches containers; with none dockerd would delete another one's
`docker0`.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tests.engine.service import Service, run

if TYPE_CHECKING:
    from tests.engine.install import Engine

Store = Literal["graphdriver", "containerd"]
WORK = "reimage-engine-"

_CGROUPS = Path("/sys/fs/cgroup")
# Eight times what a process or a group weighs by default, in the older cgroups and in the newer.
_CPU_CGROUPS = ((_CGROUPS / "cpu", "cpu.shares", 8192), (_CGROUPS, "cpu.weight", 800))


@dataclass(frozen=True, slots=True)
class Daemon:
    """A running daemon and how to talk to it."""

    engine: Engine
    store: Store
    folder: Path
    """All that it writes, but for its logs."""
    logs: Path
    _services: list[Service] = field(default_factory=list, repr=False, compare=False)

    @property
    def socket(self) -> Path:
        return self.folder / "docker.sock"

    @property
    def host(self) -> str:
        """For `DOCKER_HOST`."""
        return f"unix://{self.socket}"

    @property
    def environment(self) -> dict[str, str]:
        """What a Docker client needs to find this daemon, and none of the user's settings."""
        own = {"DOCKER_HOST": self.host, "DOCKER_CONFIG": str(self.folder / "client")}
        inherited = {
            k: v for k, v in os.environ.items() if not k.startswith(("DOCKER_", "BUILDX_"))
        }
        return inherited | own

    @property
    def bridge(self) -> str:
        """A network interface of its own. The kernel allows 15 characters."""
        return bridge_of(self.folder)

    def docker(self, *arguments: str) -> str:
        """Run the Docker client and give what it printed."""
        return run([str(self.engine.docker), *arguments], environment=self.environment)

    @property
    def pid(self) -> int:
        """Of dockerd itself."""
        return self._services[-1].pid

    def start(self) -> None:
        """Start dockerd, which has to be written in `daemon.json`, and wait until it answers."""
        settings = str(self.folder / "daemon.json")
        log = self.logs / f"dockerd{len(self._services) or ''}.log"
        service = Service([str(self.engine.dockerd), "--config-file", settings], log)
        self._services.append(service)
        service.wait_until(lambda: _answers(self))

    def stop(self) -> None:
        """Ask dockerd to end, and wait for it."""
        for service in self._services[-1:]:
            service.stop()

    def kill(self) -> None:
        """End dockerd as a machine that fails does: at once, and nothing is tidied up."""
        self._services[-1].kill()

    @property
    def is_alive(self) -> bool:
        """Whether it answers."""
        return _answers(self)


@contextmanager
def running_daemon(engine: Engine, store: Store, logs: Path, *, room: int = 0) -> Iterator[Daemon]:
    """Start a daemon; stop it and clean up, whatever happens. Only its logs stay.

    With `room` all that it stores goes to a disk of so many bytes.
    """
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{WORK}{os.getpid()}-"))
    with ExitStack() as stack:
        stack.callback(_remove, folder)
        daemon = Daemon(engine, store, folder, logs)
        if room:
            _mount_disks(folder, room)
        _add_bridge(daemon.bridge)
        _add_cgroup(folder.name)
        containerd = _start_containerd(daemon)
        stack.callback(containerd.stop)
        containerd.wait_until((folder / "containerd.sock").exists)
        _write_settings(daemon)
        stack.callback(daemon.stop)
        daemon.start()
        stack.callback(_remove_containers, daemon)
        yield daemon


def _answers(daemon: Daemon) -> bool:
    command = [str(daemon.engine.docker), "version"]
    return subprocess.run(command, capture_output=True, env=daemon.environment).returncode == 0


def _start_containerd(daemon: Daemon) -> Service:
    """Its own, or dockerd would join a containerd of the machine."""
    folder = daemon.folder
    command = ["containerd", "--config", os.devnull, "--address", str(folder / "containerd.sock")]
    folders = ["--root", str(folder / "containerd"), "--state", str(folder / "containerd-state")]
    return Service([*command, *folders], daemon.logs / "containerd.log")


def _write_settings(daemon: Daemon) -> None:
    folder = daemon.folder
    plugins = folder / "client/cli-plugins"
    plugins.parent.mkdir()
    plugins.symlink_to(daemon.engine.client_plugins)
    settings = {
        "hosts": [daemon.host],
        "containerd": str(folder / "containerd.sock"),
        "data-root": str(folder / "data"),
        "exec-root": str(folder / "exec"),
        "pidfile": str(folder / "docker.pid"),
        "features": {"containerd-snapshotter": daemon.store == "containerd"},
        "bridge": daemon.bridge,
        "iptables": False,
        "ip6tables": False,
        "ip-forward": False,
        "ip-masq": False,
        "userland-proxy-path": str(daemon.engine.docker_proxy),
        "cgroup-parent": f"/{folder.name}",
    }
    (folder / "daemon.json").write_text(json.dumps(settings))


def _mount_disks(folder: Path, room: int) -> None:
    """Where the image stores of either kind are."""
    for name in ("data", "containerd"):
        (folder / name).mkdir()
        run(["mount", "-t", "tmpfs", "-o", f"size={room},mode=0711", "none", str(folder / name)])


def bridge_of(folder: Path) -> str:
    return "rt-" + folder.name.rsplit("-", 1)[1]


def _add_bridge(name: str) -> None:
    run(["ip", "link", "add", name, "type", "bridge"])
    taken = run(["ip", "-4", "route", "show"])
    subnet = next(f"10.213.{n}" for n in range(256) if f" 10.213.{n}." not in f" {taken}")
    run(["ip", "address", "add", f"{subnet}.1/24", "dev", name])
    run(["ip", "link", "set", name, "up"])


def _add_cgroup(name: str) -> None:
    """Its containers share this one. Unless it weighs more than a process does, builds starve while
    anything else runs."""
    for root, weight, value in _CPU_CGROUPS:
        if root.joinpath("cgroup.procs").exists():
            folder = root / name
            folder.mkdir()
            if folder.joinpath(weight).exists():
                folder.joinpath(weight).write_text(str(value))


def _remove_cgroup(name: str) -> None:
    """Of every controller; runc makes the ones that are missing, and one for each container."""
    for root in (_CGROUPS, *_CGROUPS.glob("*")):
        for folder, _, _ in os.walk(root / name, topdown=False):
            with suppress(OSError):  # something in it still ends
                os.rmdir(folder)


def _remove_containers(daemon: Daemon) -> None:
    if not daemon.is_alive:
        return
    if containers := daemon.docker("ps", "--all", "--quiet").split():
        daemon.docker("rm", "--force", *containers)


def sweep() -> None:
    """Remove what test runs left that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{WORK}*-*"):
        owner = folder.name.removeprefix(WORK).split("-")[0]
        if not Path("/proc", owner).exists():
            _remove(folder)


def _remove(folder: Path) -> None:
    """Mounts first, innermost first: what is below them is not ours to delete."""
    mounts = [
        line.split(" ")[4] for line in Path("/proc/self/mountinfo").read_text().split("\n")[:-1]
    ]
    for mount in reversed(mounts):
        if mount.startswith(f"{folder}/"):
            run(["umount", "--lazy", mount])
    run(["rm", "-rf", str(folder)])  # hundred thousands of files: twice as fast as shutil
    subprocess.run(["ip", "link", "delete", bridge_of(folder)], capture_output=True, check=False)
    _remove_cgroup(folder.name)
