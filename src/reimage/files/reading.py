"""Reading one file whole, and only what is a file."""

from __future__ import annotations

import os
import stat

from reimage.files.errors import FilesError, translated

# The largest message that a BuildKit daemon's gRPC takes: a larger Dockerfile cannot be built.
DOCKERFILE_LIMIT = 16 * 1024 * 1024

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def read(path: str | os.PathLike[str], *, limit: int = DOCKERFILE_LIMIT) -> bytes:
    """The bytes of the regular file at `path`, through links; at most `limit` of them.

    Raises FilesError for what is missing, unreadable, too large, or not a regular file.
    """
    name = os.fspath(path)
    try:
        if regular_size(name) > limit:
            raise _too_large(name, limit)
        # Between the look and the opening a pipe may have taken the place: don't wait for it.
        descriptor = os.open(name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise FilesError(path, f"{name} is no longer a regular file.")
            # Python gets memory for as much as is asked for; a file that grows is read on.
            data = file.read(min(status.st_size, limit) + 1)
            if len(data) > status.st_size:
                data += file.read(limit + 1 - len(data))
    except (OSError, ValueError) as error:
        raise translated(path, error) from error
    if len(data) > limit:
        raise _too_large(name, limit)
    return data


def regular_size(name: str) -> int:
    """The size of the regular file `name`. FilesError when it is anything else."""
    status = os.stat(name)
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        raise FilesError(name, f"{name} is {kind}, not a file.")
    return status.st_size


_BINARY: int = getattr(os, "O_BINARY", 0)


def _too_large(name: str, limit: int) -> FilesError:
    return FilesError(name, f"{name} is larger than {_readable(limit)}, the most that is read.")


def _readable(size: int) -> str:
    for unit, step in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= step and size % step == 0:
            return f"{size // step} {unit}"
    return f"{size} bytes"
