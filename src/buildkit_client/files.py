"""What a file of a result is."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from buildkit_client import messages
from buildkit_client.session.modes import from_go


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file of a result. `mode` is an st_mode, `modified` seconds since 1970."""

    name: str
    mode: int
    uid: int
    gid: int
    size: int
    modified: float
    target: str

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return stat.S_ISDIR(self.mode)

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link, to `target`."""
        return stat.S_ISLNK(self.mode)


def read_stat(entry: messages.Stat) -> FileInfo:
    """From the message."""
    return FileInfo(
        os.fsdecode(entry.path),
        from_go(entry.mode),
        entry.uid,
        entry.gid,
        entry.size,
        entry.mod_time / 1e9,
        os.fsdecode(entry.linkname),
    )
