"""Replacing files so that each is always whole: the old one or the new one."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

from reimage.files.errors import FilesError, NotWritten, reason
from reimage.files.reading import regular_size

Name = TypeVar("Name", str, Path, str | os.PathLike[str])


def atomic_write(path: str | os.PathLike[str], data: bytes) -> None:
    """Put `data` into the file at `path`, which is created if it is missing.

    A link stays and the file it leads to is replaced. Mode, and owner where permitted, are kept;
    other hard links to the file keep the old content. Raises NotWritten, with nothing changed.
    """
    write_all({path: data})


def write_all(files: Mapping[Name, bytes]) -> None:
    """Write a set of files, all or none.

    Everything that can fail for want of space or permission is done before the first file is
    replaced. If a replacement fails after all, or the user interrupts, those made are undone.
    """
    staged: list[_Staged] = []
    begun: list[_Staged] = []
    lost: set[str] = set()
    try:
        for target, data in _targets(files).items():
            _stage(target, data, staged, keep_old=len(files) > 1)
        for one in staged:
            begun.append(one)  # before, so that an interruption right after is undone too
            with _explained(one.target, one.target):
                os.replace(one.fresh, one.target)
    except BaseException as error:
        lost = _undo(begun)
        if lost:
            raise NotWritten(*_halfway(lost)) from error
        raise
    finally:
        for one in staged:
            for leftover in {one.fresh, one.old} - lost:
                _remove(leftover)
    for directory in {os.path.dirname(one.target) for one in staged}:
        _flush_directory(directory)


class _Staged(NamedTuple):
    """`fresh` has the new content, `old` the file as it was ("" if it was not, or isn't needed)."""

    target: str
    fresh: str
    old: str
    is_new: bool


def _targets(files: Mapping[Name, bytes]) -> dict[str, bytes]:
    targets: dict[str, bytes] = {}
    for path, data in files.items():
        target = os.path.realpath(path)
        if targets.setdefault(target, data) != data:
            raise NotWritten(path, f"{os.fspath(path)} would be written twice, differently.")
    return targets


def _stage(target: str, data: bytes, staged: list[_Staged], *, keep_old: bool) -> None:
    directory = os.path.dirname(target)
    with _explained(target, target):
        try:
            regular_size(target)
            status = os.stat(target)
        except FileNotFoundError:
            status = None
        if status and not os.access(target, os.W_OK):
            raise NotWritten(target, f"{target} is not written: it is read-only.")
    mark = os.path.join(directory, f".reimage-{os.urandom(8).hex()}")
    old = mark + ".old" if keep_old and status else ""
    staged.append(_Staged(target, mark + ".new", old, status is None))
    with _explained(target, directory):
        _fill(mark + ".new", data, status)
    if old:
        with _explained(target, directory):
            _keep(target, old, status)


def _fill(name: str, data: bytes, like: os.stat_result | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    # A new file gets what the user's umask leaves; a copy is private until its mode is known.
    with os.fdopen(os.open(name, flags, 0o600 if like else 0o666), "wb") as file:
        file.write(data)
        file.flush()
        if like and hasattr(os, "fchown"):
            with contextlib.suppress(PermissionError):
                os.fchown(file.fileno(), like.st_uid, like.st_gid)
            os.fchmod(file.fileno(), like.st_mode & 0o7777)  # after fchown, which clears bits
        os.fsync(file.fileno())


def _keep(target: str, old: str, like: os.stat_result | None) -> None:
    try:
        os.link(target, old)
    except OSError:  # file systems without hard links, links to other users' files
        with open(target, "rb") as file:
            _fill(old, file.read(), like)


def _undo(begun: list[_Staged]) -> set[str]:
    """Put the old files back; the names of those that could not be and hold the only copy."""
    lost = set()
    for one in reversed(begun):
        if one.is_new and not os.path.lexists(one.fresh):
            _remove(one.target)
        elif one.old:
            try:
                os.replace(one.old, one.target)
            except OSError:
                lost.add(one.old)
    return lost


def _halfway(lost: set[str]) -> tuple[str, str]:
    names = ", ".join(sorted(lost))
    return min(lost), f"Files were neither written nor put back; their content is in {names}."


def _remove(name: str) -> None:
    if name:
        with contextlib.suppress(OSError):
            os.unlink(name)


def _flush_directory(directory: str) -> None:
    # Some file systems can't: the files are in place all the same.
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _explained(target: str, culprit: str) -> Iterator[None]:
    """Turn an error of the system into a sentence about `culprit`."""
    try:
        yield
    except OSError as error:
        raise NotWritten(target, f"{target} is not written: {culprit} {reason(error)}.") from error
    except NotWritten:
        raise
    except FilesError as error:
        raise NotWritten(target, f"{target} is not written: {error.message}") from error
