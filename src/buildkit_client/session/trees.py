"""Trees of files to send: a directory, or files made of bytes."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from buildkit_client import messages
from buildkit_client.ignore import IgnoreMatcher
from buildkit_client.session.modes import to_go
from buildkit_client.session.selection import Selection


class Tree(Protocol):
    """What can be sent. Paths are relative, with forward slashes; the root itself is no entry."""

    def walk(self, selection: Selection) -> Iterator[messages.Stat]:
        """Entries in the order of the protocol: a directory, all below it, then the next name."""
        ...

    def open(self, path: str) -> BinaryIO:
        """The content of a regular file."""
        ...

    def names(self, folder: str) -> list[str]:
        """Names in a directory; none if there is no such directory."""
        ...

    def target(self, path: str) -> str | None:
        """What a symbolic link says; None if `path` is none."""
        ...


class Directory:
    """A directory of this machine. Owners are not sent: all is root's, as with Docker.

    `held_back` are the patterns that the builder is expected to ask with, `always` the files that
    it asks for without them. `when_unwatched` is called when it asks for a file that is neither.
    """

    def __init__(
        self, root: Path, *, held_back: Iterable[str] = (), always: Iterable[str] = ()
    ) -> None:
        self._root = os.path.realpath(root)
        self._held_back = IgnoreMatcher(held_back)
        self._always = frozenset(always)
        self.when_unwatched: Callable[[], object] = lambda: None

    def watched(self) -> Iterator[tuple[str, os.stat_result]]:
        """The files that the builder is expected to ask for, by full path, in no order."""
        for name in self._always:
            path = os.path.join(self._root, name)
            with suppress(OSError):
                yield path, os.lstat(path)
        ignores, skips = self._held_back.ignores, self._held_back.may_skip_directory
        folders = [""]
        while folders:
            above = folders.pop()
            try:
                entries = os.scandir(os.path.join(self._root, above))
            except OSError:
                continue  # sending it will say what is wrong
            with entries:
                for entry in entries:
                    path = above + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if not skips(path):
                            folders.append(path + "/")
                    elif not ignores(path):
                        with suppress(FileNotFoundError):
                            yield entry.path, entry.stat(follow_symlinks=False)

    def _watches(self, path: str) -> bool:
        return path in self._always or not self._held_back.ignores(path)

    def walk(self, selection: Selection) -> Iterator[messages.Stat]:
        """Entries that vanish meanwhile are passed over."""
        as_expected = selection.excludes == self._held_back.patterns
        links: dict[tuple[int, int], str] = {}
        # Directories that are not sent themselves wait here for something below them that is.
        waiting: list[tuple[str, os.stat_result]] = []
        levels = [("", iter(self._sorted("")))]
        while levels:
            above, entries = levels[-1]
            entry = next(entries, None)
            if entry is None:
                levels.pop()
                if waiting and waiting[-1][0] + "/" == above:
                    waiting.pop()
                continue
            path = above + entry.name
            is_directory = entry.is_dir(follow_symlinks=False)
            sends = selection.sends(path)
            if not sends and not (is_directory and selection.enters(path)):
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if sends:
                if not as_expected and not is_directory and not self._watches(path):
                    self.when_unwatched()
                    as_expected = True  # once is enough
                for folder, folder_status in waiting:
                    yield self._stat(folder, folder_status, links)
                waiting.clear()
                yield self._stat(path, status, links)
            else:
                waiting.append((path, status))
            if is_directory:
                try:
                    levels.append((path + "/", iter(self._sorted(path))))
                except PermissionError:
                    if sends:
                        raise

    def _sorted(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(os.path.join(self._root, folder)) as entries:
                return sorted(entries, key=lambda entry: os.fsencode(entry.name))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _stat(
        self, path: str, status: os.stat_result, links: dict[tuple[int, int], str]
    ) -> messages.Stat:
        mode = status.st_mode
        full = os.path.join(self._root, path)
        entry = messages.Stat(
            path=os.fsencode(path),
            mode=to_go(mode),
            mod_time=status.st_mtime_ns,
            size=0 if stat.S_ISDIR(mode) else status.st_size,
        )
        if status.st_rdev:
            entry.devmajor, entry.devminor = os.major(status.st_rdev), os.minor(status.st_rdev)
        if attributes := _attributes(full):
            entry.xattrs.update(attributes)
        if stat.S_ISLNK(mode):
            entry.linkname = os.readlink(os.fsencode(full))
        elif status.st_nlink > 1 and not stat.S_ISDIR(mode):
            first = links.setdefault((status.st_dev, status.st_ino), path)
            if first != path:
                entry.linkname = os.fsencode(first)
        return entry

    def open(self, path: str) -> BinaryIO:
        """Never through a link that took the file's place, nor waiting at a pipe that did."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        full = os.path.join(self._root, path)
        try:
            handle = os.open(full, flags)
        except OSError:
            if stat.S_ISSOCK(os.lstat(full).st_mode):
                return io.BytesIO()  # which nobody can open; it is listed as an empty file
            raise
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(errno.EINVAL, "it is no regular file now")
            return os.fdopen(handle, "rb", buffering=0)
        except BaseException:
            os.close(handle)
            raise

    def names(self, folder: str) -> list[str]:
        """Names in a directory."""
        try:
            return os.listdir(os.path.join(self._root, folder))
        except OSError:
            return []

    def target(self, path: str) -> str | None:
        """What a symbolic link says."""
        try:
            return os.readlink(os.path.join(self._root, path))
        except OSError:
            return None


class Files:
    """Regular files made of bytes, by name, without directories."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        if any("/" in name or name in ("", ".", "..") for name in files):
            raise ValueError("only plain names")
        self._files = dict(files)

    def walk(self, selection: Selection) -> Iterator[messages.Stat]:
        """The files by the bytes of their names."""
        for name in sorted(self._files, key=os.fsencode):
            if selection.sends(name):
                data = self._files[name]
                yield messages.Stat(
                    path=os.fsencode(name), mode=0o644, size=len(data), mod_time=_time_of(data)
                )

    def open(self, path: str) -> BinaryIO:
        """The content of a file."""
        return io.BytesIO(self._files[path])

    def names(self, folder: str) -> list[str]:
        """All names are in the root."""
        return [] if folder else list(self._files)

    def target(self, _path: str) -> str | None:
        """There are no links."""
        return None


def _time_of(data: bytes) -> int:
    """A time in the past that is another one for other content.

    The builder takes a file of the same name, size and time for unchanged.
    """
    return int.from_bytes(hashlib.sha256(data).digest()[:7]) * 10


def _attributes(path: str) -> dict[str, bytes]:
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return {}
    found = {}
    for name in names:
        if name.startswith("com.apple."):
            continue
        try:
            found[name] = os.getxattr(path, name, follow_symlinks=False)
        except OSError:
            continue
    return found
