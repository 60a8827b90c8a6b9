"""File modes: Go's os.FileMode, which travels, and the st_mode of this system."""

from __future__ import annotations

import stat

_DIRECTORY = 1 << 31
_SYMLINK = 1 << 27
_DEVICE = 1 << 26
_FIFO = 1 << 25
_SETUID = 1 << 23
_SETGID = 1 << 22
_CHARACTER = 1 << 21
_STICKY = 1 << 20

_TYPES = {
    stat.S_IFDIR: _DIRECTORY,
    stat.S_IFLNK: _SYMLINK,
    stat.S_IFBLK: _DEVICE,
    stat.S_IFCHR: _DEVICE | _CHARACTER,
    stat.S_IFIFO: _FIFO,
}
_BITS = ((stat.S_ISUID, _SETUID), (stat.S_ISGID, _SETGID), (stat.S_ISVTX, _STICKY))
_KIND = _DIRECTORY | _SYMLINK | _DEVICE | _FIFO | _CHARACTER
_PERMISSIONS = 0o777


def to_go(mode: int) -> int:
    """Go's mode of an st_mode. A socket becomes an empty regular file, as Docker sends it."""
    result = mode & _PERMISSIONS | _TYPES.get(stat.S_IFMT(mode), 0)
    for ours, theirs in _BITS:
        if mode & ours:
            result |= theirs
    return result


def from_go(mode: int) -> int:
    """The st_mode of Go's mode. What is none of the known types is a regular file."""
    kinds = {theirs: ours for ours, theirs in _TYPES.items()}
    result = mode & _PERMISSIONS | kinds.get(mode & _KIND, stat.S_IFREG)
    for ours, theirs in _BITS:
        if mode & theirs:
            result |= ours
    return result
