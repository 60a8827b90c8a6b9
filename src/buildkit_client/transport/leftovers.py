"""Temporary folders of processes that were killed.

Whoever uses such a folder holds a lock on it, which ends with the process, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Its owner is perhaps only about to lock it.
_NEW_SECONDS = 10.0


def lock(folder: Path) -> int:
    """Hold a folder until the file descriptor is closed."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(held, fcntl.LOCK_EX)
    return held


def abandoned(place: Path, prefix: str) -> Iterator[Path]:
    """Folders of this user that nobody holds any more."""
    for folder in place.glob(f"{prefix}*"):
        try:
            status = folder.lstat()
            if status.st_uid != os.geteuid() or time.time() - status.st_mtime < _NEW_SECONDS:
                continue
            with _held(folder):
                yield folder
        except OSError:
            continue  # somebody holds it, or it has just gone


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    tried = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(tried, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(tried)
