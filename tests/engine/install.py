"""Docker Engine on a machine without one, from Debian's packages, as root, without systemd.

Debian's stable suites may carry an engine that is too old, and two engines can't be installed side
by side. So engines are unpacked, each into a folder of its own, from a newer suite that apt reads
through a private state: the machine's own sources with the suite's name replaced, nothing of it in
/etc/apt, no package of the machine upgraded. What fits any engine (containerd, runc, the registry,
mmdebstrap) is installed from the machine's own suite.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.engine.service import CommandFailed, EngineUnavailable, run

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reimage-test-engine"
SOURCES = Path("/etc/apt/sources.list.d")
OWN_SUITE = {
    "containerd": "containerd",
    "docker-registry": "docker-registry",
    "git": "git",
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "openssl": "openssl",
    "ps": "procps",
    "runc": "runc",
    "setpriv": "util-linux",
    "ssh-agent": "openssh-client",
}
"""Program → package."""
UNPACKED = ("docker.io", "docker-cli", "docker-buildx")


@dataclass(frozen=True, slots=True)
class Engine:
    """Where one version's programs are."""

    prefix: Path

    @property
    def dockerd(self) -> Path:
        return self.prefix / "usr/sbin/dockerd"

    @property
    def docker(self) -> Path:
        return self.prefix / "usr/bin/docker"

    @property
    def docker_proxy(self) -> Path:
        return self.prefix / "usr/sbin/docker-proxy"

    @property
    def client_plugins(self) -> Path:
        return self.prefix / "usr/libexec/docker/cli-plugins"


def install(suite: str = "sid") -> Engine:
    """Debian's engine of a suite; quick when it is there already."""
    if os.geteuid() != 0:
        raise EngineUnavailable("Starting an engine needs root")
    if shutil.which("apt-get") is None:
        raise EngineUnavailable("The test engine is made of Debian packages: apt-get is not here")
    prefix = CACHE / f"docker-{suite}"
    try:
        with locked(CACHE / "install.lock"):
            _install_from_own_suite(OWN_SUITE)
            if not prefix.exists():
                unpack(suite, UNPACKED, prefix)
    except CommandFailed as error:
        raise EngineUnavailable(f"Debian's packages did not install: {error}") from error
    return Engine(prefix)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One test process at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install_ssh_server() -> None:
    """Only for the test that needs it: on a machine with systemd the package starts a service."""
    with locked(CACHE / "install.lock"):
        _install_from_own_suite({"sshd": "openssh-server"})


def _install_from_own_suite(packages: Mapping[str, str]) -> None:
    missing = [package for program, package in packages.items() if not shutil.which(program)]
    if not missing:
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-q"], environment=environment)
    run(["apt-get", "install", "-yq", "--no-install-recommends", *missing], environment=environment)


def unpack(suite: str, packages: Iterable[str], prefix: Path) -> None:
    """Packages of a suite, without what they depend on, into a folder that is not there yet."""
    with tempfile.TemporaryDirectory(dir=prefix.parent) as folder:
        apt = private_apt(suite, Path(folder))
        run(["apt-get", *apt, "update", "-q"])
        run(["env", "--chdir", folder, "apt-get", *apt, "download", *packages])
        whole = Path(folder, "root")
        for package in Path(folder).glob("*.deb"):
            run(["dpkg", "-x", str(package), str(whole)])
        whole.chmod(0o755)
        whole.rename(prefix)


def private_apt(suite: str, folder: Path) -> list[str]:
    """Options for an apt that knows one suite and nothing of the machine's lists."""
    sources = folder / "sources"
    (folder / "lists/partial").mkdir(parents=True)
    (folder / "cache/archives/partial").mkdir(parents=True)
    sources.mkdir()
    (sources / "only.sources").write_text(debian_source(suite))
    settings = {
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": sources,
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def debian_source(suites: str, folder: Path = SOURCES) -> str:
    """The machine's first source of Debian itself, for other suites, in apt's deb822 form."""
    for path in sorted(folder.glob("*.sources")):
        for stanza in re.split(r"\n[ \t]*\n", path.read_text()):
            if re.search(r"^Suites:.*\b(bookworm|trixie|forky|sid)\b", stanza, re.MULTILINE):
                return re.sub("^Suites:.*$", f"Suites: {suites}", stanza, flags=re.MULTILINE)
    raise EngineUnavailable(f"No source of Debian itself in {folder}/*.sources")
