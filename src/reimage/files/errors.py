"""What can go wrong with a file, each as one sentence that names it."""

from __future__ import annotations

import errno
import os


class FilesError(Exception):
    """`str(error)` is one sentence for the user, and names `path`."""

    def __init__(self, path: str | os.PathLike[str], message: str) -> None:
        super().__init__(message)
        self.path = os.fspath(path)
        self.message = message


class NotWritten(FilesError):
    """A file could not be replaced. Every file of the set holds what it held before.

    The one exception, that putting back failed as well, says where the old content is.
    """


_REASONS = {
    errno.ENOENT: "does not exist",
    errno.ENOTDIR: "does not exist: what should be a directory on the way is a file",
    errno.EACCES: "may not be accessed: permission denied",
    errno.EPERM: "may not be accessed: permission denied",
    errno.EISDIR: "is a directory, not a file",
    errno.ELOOP: "is a link that leads back to itself",
    errno.ENAMETOOLONG: "has too long a name",
    errno.EROFS: "is on a read-only file system",
    errno.ENOSPC: "does not fit: the disk is full",
    errno.EDQUOT: "does not fit: the disk quota is used up",
}


def reason(error: OSError) -> str:
    """Why the system refused, to be put after a name: `… does not exist`."""
    known = _REASONS.get(error.errno or 0)
    return known or f"could not be used: {error.strerror or error}"


def translated(path: str | os.PathLike[str], error: OSError | ValueError) -> FilesError:
    """`error` of the system about `path` as one of this room."""
    if isinstance(error, OSError):
        return FilesError(path, f"{os.fspath(path)} {reason(error)}.")
    return FilesError(path, f"{os.fspath(path)!r} cannot be the name of a file.")
