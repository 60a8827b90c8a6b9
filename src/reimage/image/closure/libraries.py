"""Where the dynamic loader of glibc or musl looks for a library."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from reimage.image.packages.package import Files

if TYPE_CHECKING:
    from reimage.image.closure.binaries import Binary

_TRIPLETS = {
    ("EM_X86_64", 64): "x86_64-linux-gnu",
    ("EM_386", 32): "i386-linux-gnu",
    ("EM_AARCH64", 64): "aarch64-linux-gnu",
    ("EM_ARM", 32): "arm-linux-gnueabihf",
    ("EM_PPC64", 64): "powerpc64le-linux-gnu",
    ("EM_S390", 64): "s390x-linux-gnu",
    ("EM_RISCV", 64): "riscv64-linux-gnu",
}
_INCLUDES = 8
"""Configuration that includes configuration."""


def folders(
    files: Files, binary: Binary, path: str, environment: str, inherited: tuple[str, ...]
) -> Iterator[str]:
    """Folders in the order of the search, for what `binary` at `path` needs.

    `environment` is $LD_LIBRARY_PATH, `inherited` the RPATH of what loaded it.
    """
    own_rpath = expanded(binary.rpath, path, binary)
    if not binary.runpath:
        yield from own_rpath
        yield from inherited
    yield from filter(None, environment.replace(";", ":").split(":"))
    yield from expanded(binary.runpath, path, binary)
    yield from _system(files, binary)


def expanded(parts: tuple[str, ...], path: str, binary: Binary) -> tuple[str, ...]:
    """$ORIGIN is where the file is, $LIB a name that depends on the machine."""
    origin = "/" + posixpath.dirname(path)
    lib = "lib64" if binary.bits == 64 else "lib"
    found = []
    for part in parts:
        for name, value in (("ORIGIN", origin), ("LIB", lib), ("PLATFORM", "")):
            part = part.replace(f"${{{name}}}", value).replace(f"${name}", value)
        found.append(part)
    return tuple(found)


def is_musl(files: Files) -> bool:
    """Whether the image's loader is musl's."""
    return any(name.startswith("ld-musl-") for name in files.tree.inside(_lib(files)))


def _lib(files: Files) -> str:
    return files.tree.resolve("lib") or "lib"


def _system(files: Files, binary: Binary) -> Iterator[str]:
    if is_musl(files):
        yield from _musl(files)
        return
    yield from configured(files, "etc/ld.so.conf")
    triplet = _TRIPLETS.get((binary.machine, binary.bits))
    for top in ("/lib", "/usr/lib"):
        if triplet:
            yield f"{top}/{triplet}"
    if binary.bits == 64:
        yield from ("/lib64", "/usr/lib64")
    yield from ("/lib", "/usr/lib")


def _musl(files: Files) -> Iterator[str]:
    for name in files.tree.inside("etc"):
        if fnmatchcase(name, "ld-musl-*.path"):
            yield from files.text(f"etc/{name}").replace("\n", ":").split(":")
            return
    yield from ("/lib", "/usr/local/lib", "/usr/lib")


def configured(files: Files, path: str, depth: int = _INCLUDES) -> Iterator[str]:
    """The folders of ld.so.conf, with what it includes."""
    for line in files.text(path).split("\n"):
        line = line.partition("#")[0].strip()
        keyword, _, pattern = line.partition(" ")
        if keyword == "include" and depth:
            pattern = posixpath.join("/", posixpath.dirname(path), pattern.strip())
            folder, _, names = pattern.rpartition("/")
            for name in sorted(files.tree.inside(folder.strip("/"))):
                if fnmatchcase(name, names):
                    yield from configured(files, f"{folder}/{name}".strip("/"), depth - 1)
        elif line.startswith("/"):
            yield line.partition("=")[0]
