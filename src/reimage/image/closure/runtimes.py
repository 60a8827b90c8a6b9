"""What interpreters load besides their own program: folders that are taken whole."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from reimage.image.packages.package import Files

if TYPE_CHECKING:
    from collections.abc import Sequence

_PYTHON = re.compile(r"python(\d(\.\d+)?)?$|pypy\d?")
_TRIPLETS = ("-linux-gnu", "-linux-gnueabihf", "-linux-gnueabi", "-linux-musl")
_VERSIONED = re.compile(r"(python|pypy)\d\.\d+$")


def folders(files: Files, program: str, resolved: str) -> Iterator[str]:
    """Folders that the runtime `program` (a path), really at `resolved`, loads from."""
    name = posixpath.basename(program)
    if _PYTHON.match(name):
        yield from _python(files, program, resolved)
    elif name in ("node", "nodejs"):
        yield from _node(program, resolved)
    elif name == "java":
        yield posixpath.dirname(posixpath.dirname(resolved))
        yield from ("etc/java", "etc/ssl/certs/java")
    elif name in ("ruby", "perl", "php"):
        for prefix in ("usr/local", "usr"):
            yield from (f"{prefix}/lib/{name}", f"{prefix}/share/{name}", f"etc/{name}")
            # Debian keeps compiled modules beside its libraries: perl-base, perl5, ruby …
            for triplet in files.tree.inside(f"{prefix}/lib"):
                inside = f"{prefix}/lib/{triplet}"
                found = files.tree.inside(inside) if triplet.endswith(_TRIPLETS) else ()
                yield from (f"{inside}/{each}" for each in found if each.startswith(name))


def is_runtime(program: str) -> bool:
    """Whether what a program does depends on the sources that it is given."""
    name = posixpath.basename(program)
    return bool(_PYTHON.match(name)) or name in ("node", "nodejs", "java", "ruby", "perl", "php")


def _python(files: Files, program: str, resolved: str) -> Iterator[str]:
    """The standard library, installed packages, and both of a virtual environment's base."""
    prefixes = dict.fromkeys(
        posixpath.dirname(posixpath.dirname(path.strip("/"))) for path in (program, resolved)
    )
    for prefix in list(prefixes):
        home = _home(files.text(f"{prefix}/pyvenv.cfg"))
        if home:
            yield f"{prefix}/pyvenv.cfg"
            prefixes[posixpath.dirname(home.strip("/"))] = None
    for prefix in prefixes:
        for lib in ("lib", "lib64", "local/lib", "share"):
            folder = f"{prefix}/{lib}".lstrip("/")
            for name in files.tree.inside(files.tree.resolve(folder) or folder):
                if _VERSIONED.match(name) or name == "python3":
                    yield f"{folder}/{name}"


def _home(text: str) -> str:
    for line in text.split("\n"):
        key, _, value = line.partition("=")
        if key.strip() == "home":
            return value.strip()
    return ""


def _node(program: str, resolved: str) -> Iterator[str]:
    for path in dict.fromkeys((program.strip("/"), resolved)):
        prefix = posixpath.dirname(posixpath.dirname(path))
        yield f"{prefix}/lib/node_modules".lstrip("/")


def application(files: Files, arguments: Sequence[str], workdir: str) -> Iterator[str]:
    """What a runtime is given: files and folders that its arguments name, and where it works."""
    if workdir.strip("/"):
        yield workdir.strip("/")
    for argument in arguments:
        for part in re.split(r"[:=,]", argument):
            path = posixpath.normpath(posixpath.join("/", workdir, part)).strip("/")
            if not part or not path or files.tree.find(path) is None:
                continue
            yield path
            # What lies beside a script is what it imports.
            folder = posixpath.dirname(path)
            if folder.count("/") >= 1 or folder not in _SYSTEM:
                yield from filter(None, [folder])


_SYSTEM = frozenset("bin sbin lib lib64 usr etc var opt home root srv tmp dev proc sys".split())
