"""The command of an image, found in the image: arguments, $PATH, shebangs, words of scripts."""

from __future__ import annotations

import posixpath
import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reimage.image.config import ImageConfig
    from reimage.image.trees.tree import Tree

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SHELLS = frozenset("sh ash bash dash zsh ksh busybox".split())
_WORD = re.compile(r"[\w./+-]+")


def command_of(config: ImageConfig) -> tuple[str, ...]:
    """What a container runs: the entry point with the command as its arguments."""
    return config.entrypoint + config.cmd


def search_path(config: ImageConfig) -> list[str]:
    """Docker's own $PATH where the image sets none."""
    return [part for part in (config.env.get("PATH") or _PATH).split(":") if part]


def find_program(tree: Tree, name: str, config: ImageConfig) -> str | None:
    """The absolute path of a program; None where the image has none of this name."""
    if "/" in name:
        path = posixpath.join("/", config.workdir, name)
        return path if _is_program(tree, path) else None
    for folder in search_path(config):
        path = posixpath.join("/", folder, name)
        if _is_program(tree, path):
            return path
    return None


def _is_program(tree: Tree, path: str) -> bool:
    found = tree.find(path)
    return found is not None and found.entry.is_file and bool(found.entry.mode & 0o111)


def shebang(start: bytes) -> list[str]:
    """The interpreter and its argument, of `#!` in the first line; `env`'s are taken apart."""
    line = start.partition(b"\n")[0][:4096].decode("utf-8", "replace")
    if not line.startswith("#!"):
        return []
    program, _, rest = line[2:].strip().partition(" ")
    if posixpath.basename(program) != "env":
        return [program, rest.strip()] if rest.strip() else [program]
    words = [word for word in rest.split() if not word.startswith("-") and "=" not in word]
    return [program, *words]


def is_shell(program: str) -> bool:
    """Whether a program of this name reads shell scripts."""
    return posixpath.basename(program) in _SHELLS


def words_of(script: str) -> set[str]:
    """All words of a script that could name a program. Only those that the image has count."""
    return {word for word in _WORD.findall(script) if not word.isdigit()}


def split(text: str) -> list[str]:
    """The words of a command line, roughly where its quotes do not match."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
