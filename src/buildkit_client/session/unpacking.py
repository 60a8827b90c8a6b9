"""Write the entries of a result below a directory, wherever their names try to lead.

A name is accepted if it is clean, relative and below a directory that was listed before it in the
same transfer; those are real directories, so no link, old or new, is ever followed.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from buildkit_client import messages
from buildkit_client.errors import ExportFailed
from buildkit_client.session.modes import from_go


class Unpacking:
    """One transfer into `root`, which is made if it is not there.

    Owners are this process's. Modes and times of directories are set by `finish`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)
        self._directories: dict[str, messages.Stat] = {}
        self._files: set[str] = set()
        self._names: set[str] = set()

    def add(self, entry: messages.Stat) -> bool:
        """Make the entry; true if it is a regular file whose content is to come."""
        path = self._checked(entry.path)
        place = self._root / path
        mode = from_go(entry.mode)
        kind = stat.S_IFMT(mode)
        if kind == stat.S_IFDIR:
            self._make_directory(place)
            self._directories[path] = entry
            return False
        self._clear(place)
        if kind == stat.S_IFREG and entry.linkname:
            self._link(entry, place)
        elif kind == stat.S_IFREG:
            os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            self._files.add(path)
            return True
        elif kind == stat.S_IFLNK:
            os.symlink(entry.linkname, os.fsencode(place))
            self._set_times(entry, place)
        else:
            self._make_node(entry, mode, place)
            self._set_times(entry, place)
        return False

    def write(self, entry: messages.Stat) -> BinaryIO:
        """A regular file of this transfer, open for writing."""
        flags = os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.fdopen(os.open(self._place(entry), flags), "wb")

    def settle(self, entry: messages.Stat) -> None:
        """Give a regular file its mode, attributes and time, once its content is there."""
        place = self._place(entry)
        for name, value in entry.xattrs.items():
            with suppress(OSError):
                os.setxattr(place, name, value, follow_symlinks=False)
        os.chmod(place, stat.S_IMODE(from_go(entry.mode)))
        self._set_times(entry, place)

    def finish(self) -> None:
        """What can only be done when nothing more is written below the directories."""
        for entry in reversed(self._directories.values()):
            self.settle(entry)

    def _checked(self, name: bytes) -> str:
        path = os.fsdecode(name)
        parts = path.split("/")
        if "\0" in path or any(part in ("", ".", "..") for part in parts):
            raise ExportFailed(f"the builder sent a name that leads out of the result: {path!r}")
        above = "/".join(parts[:-1])
        if above and above not in self._directories:
            raise ExportFailed(f"the builder sent {path!r} without its directory")
        if path in self._names:
            # The second could be a link, through which the first would be written.
            raise ExportFailed(f"the builder sent {path!r} twice")
        self._names.add(path)
        return path

    def _place(self, entry: messages.Stat) -> Path:
        return self._root / os.fsdecode(entry.path)

    def _make_directory(self, place: Path) -> None:
        with suppress(FileNotFoundError):
            if stat.S_ISDIR(place.lstat().st_mode):
                return
            place.unlink()
        place.mkdir(0o700)

    def _clear(self, place: Path) -> None:
        try:
            place.unlink()
        except FileNotFoundError:
            return
        except (IsADirectoryError, PermissionError):
            if not stat.S_ISDIR(place.lstat().st_mode):
                raise
            raise ExportFailed(f"{place} is a directory here and none in the result") from None

    def _link(self, entry: messages.Stat, place: Path) -> None:
        first = os.fsdecode(entry.linkname)
        if first not in self._files:
            raise ExportFailed(f"the builder sent a link to {first!r}, which is not in the result")
        os.link(self._root / first, place, follow_symlinks=False)

    def _make_node(self, entry: messages.Stat, mode: int, place: Path) -> None:
        try:
            os.mknod(place, mode, os.makedev(entry.devmajor, entry.devminor))
        except PermissionError as error:
            raise ExportFailed(f"{place} is a device, which only root can make") from error

    def _set_times(self, entry: messages.Stat, place: Path) -> None:
        times = (entry.mod_time, entry.mod_time)
        os.utime(place, ns=times, follow_symlinks=False)
