"""From the command of an image to every file that it needs, step by step."""

from __future__ import annotations

import posixpath
import re
from collections import deque
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from reimage.image.closure import commands, libraries, plugins, runtimes
from reimage.image.closure.binaries import MAGIC, Binary, read_binary
from reimage.image.packages import installed
from reimage.image.packages.package import Files, Package
from reimage.image.trees.merging import merged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reimage.image.anatomy import Image
    from reimage.image.contents import Contents
    from reimage.image.entries import Entry

_SCRIPT = 1 << 20
_CONFIGURATION = re.compile(r"etc/ld\.so\.conf|etc/ld-musl-|etc/nsswitch\.conf$|.*pyvenv\.cfg$")


def keep(entry: Entry, start: bytes) -> bool:
    """For `Reading(keep=…)`: programs, libraries, scripts, and what says where to look for them."""
    if start == MAGIC or (start[:2] == b"#!" and entry.size <= _SCRIPT):
        return True
    return bool(_CONFIGURATION.match(entry.path)) or installed.keep(entry, start)


class Needed(NamedTuple):
    """A file, or a link on the way to one."""

    path: str
    why: str
    """As part of a sentence: `is loaded by`, `is the interpreter of` …"""
    by: str
    """A path, or what the configuration says."""
    package: Package | None
    """What the file came with, where a package manager knows."""


class Missing(NamedTuple):
    """A library or program that is asked for and is not in the image."""

    name: str
    by: str
    optional: bool
    """Whether only something asks for it that may never be loaded, such as an unused module."""


@dataclass(frozen=True, slots=True)
class Closure:
    """All that the command needs, by path."""

    command: tuple[str, ...]
    needed: dict[str, Needed]
    missing: tuple[Missing, ...]


class _Task(NamedTuple):
    path: str
    rpath: tuple[str, ...]
    certain: bool
    """Whether it surely runs. What merely lies in a folder that is taken whole may not."""


def closure(image: Image, contents: Contents, *, command: tuple[str, ...] | None = None) -> Closure:
    """What `command` (the image's own, unless another is given) needs at run time.

    Read the image with this module's `keep` first.
    """
    return Search(image, contents).run(command or commands.command_of(image.config))


class Search:
    """Follows what files of one image need; for one command, or one list of files."""

    def __init__(self, image: Image, contents: Contents) -> None:
        self._config = image.config
        self._contents = contents
        self._tree = merged(image.layers)
        self._files = Files(self._tree, contents)
        packages = installed.installed(self._tree, contents)
        self.packages = packages
        self.owners = installed.owners(self._tree, contents, packages)
        self._needed: dict[str, Needed] = {}
        self._missing: dict[tuple[str, str], Missing] = {}
        self._waiting: deque[_Task] = deque()
        self._binaries: dict[str, Binary | None] = {}

    def run(self, command: tuple[str, ...]) -> Closure:
        """Follow everything."""
        if command:
            self._program(command[0], "is run by", "the image's command", command[1:])
        if check := self._config.healthcheck:
            kind, *words = check.test or ("NONE",)
            if kind == "CMD-SHELL":
                words = [*(self._config.shell or ("/bin/sh", "-c")), *words]
            if kind != "NONE" and words:
                self._program(words[0], "is run by", "the health check", tuple(words[1:]))
        return self._followed(command)

    def of(self, paths: Sequence[str]) -> Closure:
        """What these files load, which something else opens: libraries and modules."""
        for path in paths:
            self._add(path, "is part of", "the application", certain=False)
        return self._followed(())

    def _followed(self, command: tuple[str, ...]) -> Closure:
        while self._waiting:
            self._follow(self._waiting.popleft())
        return Closure(command, self._needed, tuple(self._missing.values()))

    def _program(self, name: str, why: str, by: str, arguments: tuple[str, ...] = ()) -> None:
        path = commands.find_program(self._tree, name, self._config)
        if path is None:
            self._lacks(name, by, optional=False)
            return
        self._add(path, why, by)
        self._arguments(path, arguments)

    def _lacks(self, name: str, by: str, *, optional: bool) -> None:
        self._missing.setdefault((name, by), Missing(name, by, optional))

    def _arguments(self, program: str, arguments: tuple[str, ...]) -> None:
        resolved = self._tree.resolve(program) or ""
        if commands.is_shell(program):
            for argument in arguments:
                self._script(argument, program)
        interpreter = commands.shebang(self._start(resolved))
        names = [program, *interpreter]
        is_program_of_others = posixpath.basename(program) in _STARTERS
        if any(map(runtimes.is_runtime, names)):
            for path in runtimes.application(self._files, arguments, self._config.workdir):
                self._whole(path, "may be loaded by", program)
        if is_program_of_others or not any(map(runtimes.is_runtime, names)):
            for argument in arguments:
                if commands.find_program(self._tree, argument, self._config):
                    rest = arguments[arguments.index(argument) + 1 :]
                    self._program(argument, "is started by", program, rest)
                    break

    def _script(self, text: str, by: str) -> None:
        """Every word that names a program of the image, for a script may run any of them."""
        for word in sorted(commands.words_of(text)):
            path = commands.find_program(self._tree, word, self._config)
            if path and path.strip("/") not in self._needed:
                self._add(path, "may be run by", by)
        words = tuple(commands.split(text))
        for number, word in enumerate(words):
            path = commands.find_program(self._tree, word, self._config)
            if path and not commands.is_shell(path):
                self._arguments(path, words[number + 1 :])
                break

    def _add(
        self, path: str, why: str, by: str, rpath: tuple[str, ...] = (), *, certain: bool = True
    ) -> None:
        trail: list[str] = []
        resolved = self._tree.resolve(path, trail)
        if resolved is None:
            return
        for each in (*trail, resolved):
            if each and each not in self._needed:
                self._needed[each] = Needed(each, why, by, self.owners.get(each))
                if each == resolved:
                    self._waiting.append(_Task(each, rpath, certain))
        name = path.strip("/")
        # Folders have such names, too: lib64/python3.12.
        if name != resolved and runtimes.is_runtime(name) and not self._tree.is_directory(resolved):
            self._runtime(name, resolved)

    def _whole(self, path: str, why: str, by: str) -> None:
        """A file, or a folder with all that is in it."""
        self._add(path, why, by, certain=False)
        resolved = self._tree.resolve(path)
        if resolved and self._tree.is_directory(resolved):
            for placed in self._tree.below(resolved):
                if placed.entry.path not in self._needed and not placed.entry.is_directory:
                    self._add(placed.entry.path, why, by, certain=False)

    def _follow(self, task: _Task) -> None:
        placed = self._tree.get(task.path)
        if placed is None or not placed.entry.is_file:
            return
        binary = self._binary(task.path)
        if binary:
            self._linked(task, binary)
            self._opened(task.path)
        elif task.certain:
            self._interpreted(task.path)
        if task.certain:
            self._runtime(task.path, task.path)

    def _binary(self, path: str) -> Binary | None:
        if path not in self._binaries:
            placed = self._tree.get(path)
            entry = self._tree.content(placed).entry if placed else None
            known = entry is not None and entry in self._contents
            is_elf = known and self._start(path)[:4] == MAGIC
            self._binaries[path] = read_binary(self._contents, entry) if is_elf and entry else None
        return self._binaries[path]

    def _start(self, path: str) -> bytes:
        placed = self._tree.get(path)
        entry = self._tree.content(placed).entry if placed else None
        if entry is None or entry not in self._contents:
            return b""
        return self._contents.read(entry, 4096)

    def _linked(self, task: _Task, binary: Binary) -> None:
        if binary.interpreter:
            if self._tree.resolve(binary.interpreter) is None:
                self._lacks(binary.interpreter, task.path, optional=not task.certain)
            self._add(binary.interpreter, "loads", task.path)
        environment = self._config.env.get("LD_LIBRARY_PATH", "")
        searched = tuple(libraries.folders(self._files, binary, task.path, environment, task.rpath))
        rpath = task.rpath
        if not binary.runpath:
            rpath = libraries.expanded(binary.rpath, task.path, binary) + rpath
        for name in binary.needed:
            if not self._library(name, binary, searched, task.path, rpath, task.certain):
                self._lacks(name, task.path, optional=not task.certain)

    def _library(
        self,
        name: str,
        binary: Binary,
        searched: tuple[str, ...],
        by: str,
        rpath: tuple[str, ...],
        certain: bool,
    ) -> bool:
        if "/" in name:
            folders: tuple[str, ...] = ("/",)
            name = libraries.expanded((name,), by, binary)[0]
        else:
            folders = searched
        for folder in folders:
            path = posixpath.join("/", folder, name)
            if self._fits(path, binary):
                self._add(path, "is loaded by", by, rpath, certain=certain)
                self._variants(folder, name, by, rpath)
                return True
        return False

    def _fits(self, path: str, binary: Binary) -> bool:
        resolved = self._tree.resolve(path)
        other = self._binary(resolved) if resolved else None
        return other is not None and other.fits(binary)

    def _variants(self, folder: str, name: str, by: str, rpath: tuple[str, ...]) -> None:
        """Builds of a library for newer processors, which glibc prefers where they fit."""
        above = f"{folder.strip('/')}/glibc-hwcaps"
        for variant in self._tree.inside(self._tree.resolve(above) or above):
            self._add(f"{above}/{variant}/{name}", "is loaded by", by, rpath)

    def _opened(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        for opened in plugins.OPENED:
            if name.startswith(opened.by):
                for pattern in opened.paths:
                    self._matching(pattern.replace("{lib}", folder), path)
        if name.startswith("libc.so.6"):
            for service in sorted(plugins.name_services(self._files.text("etc/nsswitch.conf"))):
                self._add(f"{folder}/{service}", "may be loaded by", path)

    def _matching(self, pattern: str, by: str) -> None:
        folder, _, names = pattern.rpartition("/")
        if "*" not in names:
            self._whole(pattern, "may be opened by", by)
            return
        for name in self._tree.inside(folder):
            if fnmatchcase(name, names):
                self._whole(f"{folder}/{name}", "may be opened by", by)

    def _interpreted(self, path: str) -> None:
        words = commands.shebang(self._start(path))
        if not words:
            return
        self._program(words[0], "is the interpreter of", path)
        if posixpath.basename(words[0]) == "env" and len(words) > 1:
            self._program(words[1], "is the interpreter of", path)
        if any(map(commands.is_shell, words)):
            self._script(self._files.text(path)[:_SCRIPT], path)

    def _runtime(self, program: str, resolved: str) -> None:
        if runtimes.is_runtime(program):
            for folder in runtimes.folders(self._files, program, resolved):
                self._whole(folder, "may be loaded by", program)


_STARTERS = frozenset("tini dumb-init gosu su-exec env exec nice timeout setpriv chpst".split())
