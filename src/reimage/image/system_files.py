"""Which system an image is made of, by its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reimage.image.packages.package import Files
from reimage.image.systems import PROGRAMS, System
from reimage.image.trees.merging import merged

if TYPE_CHECKING:
    from reimage.image.anatomy import Image
    from reimage.image.contents import Contents
    from reimage.image.entries import Entry
    from reimage.image.trees.tree import Tree

_MANAGED_BY = (("apt-get", "apt"), ("apk", "apk"), ("microdnf", "microdnf"), ("dnf", "dnf"))
_RED_HATS = frozenset(("almalinux", "amzn", "centos", "ol", "rhel", "rocky"))
_FOLDERS = ("bin", "usr/bin", "sbin", "usr/sbin", "usr/local/bin")
_LIBRARIES = ("lib", "usr/lib", "lib64", "usr/lib64")
_OS_RELEASE = ("etc/os-release", "usr/lib/os-release")
_LONGEST = 1 << 16
_SHELLS = frozenset(("dash", "bash", "busybox"))
_DEBIAN_NAMES = {"11": "bullseye", "12": "bookworm", "13": "trixie"}


def keep(entry: Entry, start: bytes) -> bool:  # noqa: ARG001 - as Reading asks
    """For `Reading(keep=…)`: the files that say which system it is."""
    return entry.path in _OS_RELEASE and entry.size <= _LONGEST


def system_of(image: Image, contents: Contents) -> System:
    """By the files of the image. Read it with `keep` first."""
    tree = merged(image.layers)
    told = _os_release(Files(tree, contents))
    family = _family(told.get("ID", ""))
    number = told.get("VERSION_ID", "")
    release = told.get("VERSION_CODENAME", "") or _DEBIAN_NAMES.get(number, number)
    if family != "debian":
        release = ".".join(number.split(".")[:2])
    return System(
        family,
        release,
        next((name for program, name in _MANAGED_BY if _find(tree, program)), ""),
        _libc(tree),
        _shell(tree),
        frozenset(program for program in PROGRAMS if _find(tree, program)),
    )


def _os_release(files: Files) -> dict[str, str]:
    data = next(filter(None, map(files.read, _OS_RELEASE)), b"")
    lines = (line.partition("=") for line in data.decode("utf-8", "replace").split("\n"))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in lines if value}


def _family(told: str) -> str:
    return "rhel" if told in _RED_HATS else told


def _find(tree: Tree, program: str) -> bool:
    return any(tree.find(f"{folder}/{program}") is not None for folder in _FOLDERS)


def _shell(tree: Tree) -> str:
    found = tree.find("bin/sh")
    return found.entry.name if found and found.entry.name in _SHELLS else ""


def _libc(tree: Tree) -> str:
    """By the dynamic linker, or by the library in a folder named after the architecture."""
    for folder in filter(None, map(tree.resolve, _LIBRARIES)):
        inside = tree.inside(folder)
        if any(name.startswith("ld-musl-") for name in inside):
            return "musl"
        if any(name.startswith("ld-linux") for name in inside) or any(
            "libc.so.6" in tree.inside(f"{folder}/{name}") for name in inside
        ):
            return "glibc"
    return ""
