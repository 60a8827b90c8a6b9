"""One file, directory, link or device of a layer, as compactly as Python allows."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from typing import NamedTuple


class Owner(NamedTuple):
    """Mode (with the type of file, as in `st_mode`), user and group; shared between entries."""

    mode: int
    uid: int
    gid: int


class Extra(NamedTuple):
    """What few entries have."""

    xattrs: Mapping[str, bytes] = {}
    device: tuple[int, int] = (0, 0)
    """Major and minor number."""


class Entry(NamedTuple):
    """Names are paths below the root without a leading slash; stray bytes are surrogates."""

    directory: str
    """Shared between the entries of a directory; empty for the root."""
    name: str
    """Empty for the root itself."""
    owner: Owner
    size: int
    """Bytes of content; of a hard link none, of a sparse file with its holes."""
    mtime: int
    """Seconds since 1970."""
    link: str = ""
    """What a symbolic link says, or the path of what a hard link is another name of."""
    digest: bytes | None = None
    """The first 16 bytes of the content's SHA-256, where it was asked for."""
    extra: Extra | None = None

    @property
    def path(self) -> str:
        """The whole path, empty for the root."""
        return f"{self.directory}/{self.name}" if self.directory else self.name

    @property
    def mode(self) -> int:
        """Permission bits, with setuid, setgid and sticky."""
        return self.owner.mode & 0o7777

    @property
    def kind(self) -> int:
        """One of stat.S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR, S_IFBLK and S_IFIFO."""
        return stat.S_IFMT(self.owner.mode)

    @property
    def is_directory(self) -> bool:
        return self.owner.mode & 0o170000 == 0o040000

    @property
    def is_symlink(self) -> bool:
        return self.owner.mode & 0o170000 == 0o120000

    @property
    def is_file(self) -> bool:
        """A regular file, or another name of one."""
        return self.owner.mode & 0o170000 == 0o100000

    @property
    def is_hard_link(self) -> bool:
        """Another name of what `link` names."""
        return bool(self.link) and not self.is_symlink

    @property
    def xattrs(self) -> Mapping[str, bytes]:
        return self.extra.xattrs if self.extra else {}


def join(directory: str, name: str) -> str:
    """The path of `name` in `directory`, which is empty for the root."""
    return f"{directory}/{name}" if directory else name


def split(path: str) -> tuple[str, str]:
    """The directory of `path` and its name there."""
    directory, _, name = path.rpartition("/")
    return directory, name
