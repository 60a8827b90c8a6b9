"""Shared keys: how the builder knows that it has files of a context from an earlier build.

Under one shared key the builder asks only for files whose size or time changed since it last
looked. A file that was rewritten within its old size and given its old time would stay as it was.
So each context has a key that is kept only as long as no file looks changed to the file system
(its ctime, its inode) but not to the builder. Then there is a new key, and all is sent again.

What the ignore file holds back is not looked at: the builder never sees it. Should it ask for such
a file all the same, for it reads the ignore file later than we do, the memory is dropped.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from array import array
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

from buildkit_client.replacing import alone, replace
from buildkit_client.session.trees import Directory, Tree

_KEY_BYTES = 16
# The kernel's clock for files is coarse: what changed just now can change again unseen.
_COARSE_NS = 20_000_000
_UNSURE = 0
# Files that went away stay on the list, for the builder may still have them.
_MOST_OLD = 100_000


def shared_key(folders: Iterable[Path], trees: Iterable[Tree], *, cache: Path | None = None) -> str:
    """A key for builds of these folders, of which these trees are sent.

    Where nothing can be remembered, it is a new one each time.
    """
    roots = sorted({os.path.realpath(folder) for folder in folders})
    if not roots:
        return secrets.token_hex(_KEY_BYTES)
    name = hashlib.sha256("\0".join(roots).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    place = (cache or _cache_folder()) / f"{name}.seen"
    directories = [tree for tree in trees if isinstance(tree, Directory)]
    for directory in directories:
        directory.when_unwatched = partial(place.unlink, missing_ok=True)
    now = _look(directories)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with alone(place.parent):
            return _remember(place, now).hex()
    except OSError:
        return secrets.token_hex(_KEY_BYTES)


def _remember(place: Path, now: dict[int, int]) -> bytes:
    """The key of what is there now, also for the next build."""
    key, before = _load(place)
    if not key or _looks_changed(before, now) or len(before) > len(now) + _MOST_OLD:
        key, before = secrets.token_bytes(_KEY_BYTES), {}
    if not now.items() <= before.items():
        numbers = array("Q", [number for pair in (before | now).items() for number in pair])
        replace(place, key + numbers.tobytes())
    return key


def _looks_changed(before: dict[int, int], now: dict[int, int]) -> bool:
    """Whether a file that shows the builder the same size and time is perhaps another one."""
    for shown, mark in now.items():
        known = before.get(shown)
        if known is not None and (known != mark or known == _UNSURE):
            return True
    return False


def _look(directories: list[Directory]) -> dict[int, int]:
    """For each file what the builder is shown of it, and what the file system knows besides."""
    seen: dict[int, int] = {}
    recent: list[str] = []
    began = time.time_ns()
    for directory in directories:
        for path, status in directory.watched():
            shown, mark = _describe(path, status)
            seen[shown] = mark
            if status.st_ctime_ns > began - _COARSE_NS:
                recent.append(path)
    if recent:
        seen |= _look_again(recent)
    return seen


def _look_again(paths: list[str]) -> dict[int, int]:
    """Once the clock has moved on, what is as it was has not changed unseen."""
    before = {}
    for path in paths:
        with suppress(FileNotFoundError):
            before[path] = os.lstat(path)
    time.sleep(_COARSE_NS / 1e9)
    seen = {}
    for path, status in before.items():
        shown, mark = _describe(path, status)
        with suppress(FileNotFoundError):
            seen[shown] = mark if _describe(path, os.lstat(path)) == (shown, mark) else _UNSURE
    return seen


def _describe(path: str, status: os.stat_result) -> tuple[int, int]:
    shown = _hash(os.fsencode(path), status.st_size, status.st_mtime_ns)
    return shown, _hash(b"", status.st_ctime_ns, status.st_ino) or 1


def _hash(text: bytes, first: int, second: int) -> int:
    numbers = first.to_bytes(8, "little", signed=True) + second.to_bytes(16, "little", signed=True)
    return int.from_bytes(hashlib.blake2b(numbers + text, digest_size=8).digest())


def _load(place: Path) -> tuple[bytes, dict[int, int]]:
    try:
        data = place.read_bytes()
    except OSError:
        return b"", {}
    if len(data) < _KEY_BYTES or (len(data) - _KEY_BYTES) % 16:
        return b"", {}
    numbers = array("Q", data[_KEY_BYTES:])
    return data[:_KEY_BYTES], dict(zip(numbers[::2], numbers[1::2], strict=True))


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "buildkit-client"
