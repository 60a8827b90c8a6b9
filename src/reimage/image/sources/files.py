"""Opening what somebody else may have put there: only regular files, and no pipe is waited for."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from reimage.image.errors import Damaged, NotAnImage
from reimage.image.sources.stores import PIECE

if TYPE_CHECKING:
    from pathlib import Path


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO | None]:
    """A regular file, or None where there is nothing."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        yield None
        return
    except OSError as error:
        raise NotAnImage(f"{path} cannot be read: {error.strerror}.") from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Damaged(f"{path} is no regular file.")
        yield file


def pieces(file: BinaryIO, size: int | None = None) -> Iterator[bytes]:
    """The rest of a file, or the next `size` bytes of it. Damaged where it ends before."""
    while size is None or size:
        piece = file.read(PIECE if size is None else min(size, PIECE))
        if not piece:
            if size:
                raise Damaged("The archive ends in the middle of a file: it was cut off.")
            return
        yield piece
        if size is not None:
            size -= len(piece)
