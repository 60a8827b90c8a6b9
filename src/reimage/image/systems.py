"""The system that an image is made of: its family and release, its C library, what it can run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reimage.text import late

if TYPE_CHECKING:
    from reimage.image.config import Configuration

PROGRAMS = ("sh", "bash", "curl", "useradd")
"""What Dockerfiles ask a base for most."""
MANAGERS = {
    "alpine": "apk", "wolfi": "apk", "debian": "apt", "ubuntu": "apt",
    "fedora": "dnf", "rhel": "dnf",
}  # fmt: skip
"""The package manager of a family."""
_DEBIAN_STEP = late(r"debian\.sh --arch '[\w-]+' out/ '(?P<release>[a-z]+)'")
_ALPINE_STEP = late(r"alpine-minirootfs-(?P<release>\d+\.\d+)")


class System(NamedTuple):
    """`family` is `debian`, `ubuntu`, `alpine`, `wolfi`, `fedora` or `rhel`, `release` as tags
    write it (`bookworm`, `24.04`, `3.20`), `libc` is `glibc` or `musl`, `sh` the program behind
    `/bin/sh`. Empty is unknown, or not there. `programs` are those of `PROGRAMS` that it has; None
    where that is unknown.
    """

    family: str
    release: str = ""
    package_manager: str = ""
    libc: str = ""
    sh: str = ""
    programs: frozenset[str] | None = None

    def has(self, program: str) -> bool | None:
        """Whether it has one of `PROGRAMS`; None where that is unknown."""
        return None if self.programs is None else program in self.programs


def libc_of(family: str) -> str:
    """The C library of a family's own programs."""
    return "musl" if family == "alpine" else "glibc" if family else ""


def system_by_configuration(configuration: Configuration) -> System | None:
    """By the steps that made it, as the makers of official images leave them; takes no layer."""
    for step in configuration.history[:2]:
        if found := _DEBIAN_STEP.search(step.created_by):
            return _plain("debian", found["release"])
        if found := _ALPINE_STEP.search(step.created_by):
            return _plain("alpine", found["release"])
    labels = configuration.config.labels
    if labels.get("org.opencontainers.image.ref.name") == "ubuntu":
        return _plain("ubuntu", labels.get("org.opencontainers.image.version", ""))
    return None


def _plain(family: str, release: str) -> System:
    return System(family, release, MANAGERS[family], libc_of(family))
