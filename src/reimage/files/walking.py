"""Listing a tree under a filter that the caller gives."""

import os
from collections import deque
from collections.abc import Callable
from enum import Enum
from operator import attrgetter
from typing import NamedTuple

from reimage.files.errors import FilesError, translated


class Kind(Enum):
    """What an entry is itself: a link is a link, whatever it leads to."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    OTHER = "other"


class Entry(NamedTuple):
    """`path` is relative to the root, with forward slashes."""

    path: str
    kind: Kind


class Walk(NamedTuple):
    """The entries that were not skipped, nearest to the root first, and by name in a directory.

    `skipped` are the paths that the filter kept out (nothing below a directory that was not
    entered), `unreadable` the directories that could not be listed. `truncated` says that a limit
    ended the walk.
    """

    entries: tuple[Entry, ...]
    skipped: tuple[str, ...]
    unreadable: tuple[str, ...]
    truncated: bool


def walk(
    root: str | os.PathLike[str],
    *,
    skip: Callable[[str], bool] | None = None,
    enter: Callable[[str], bool] | None = None,
    limit: int = 100_000,
    depth: int = 64,
) -> Walk:
    """List the tree below `root` without following links.

    `skip` is asked about each path, and a skipped directory is entered only if `enter` says so.
    At most `limit` paths are looked at and `depth` directories nested.
    """
    entries: list[Entry] = []
    skipped: list[str] = []
    unreadable: list[str] = []
    truncated = False
    looked_at = 0
    waiting: deque[tuple[str, str, int]] = deque([("", os.fspath(root), 1)])
    while waiting:
        above, directory, level = waiting.popleft()
        try:
            with os.scandir(directory) as listing:
                found = sorted(listing, key=attrgetter("name"))
        except OSError as error:
            if not above:
                raise _not_a_tree(directory, error) from error
            unreadable.append(above[:-1])
            continue
        for item in found:
            if looked_at >= limit:
                return Walk(tuple(entries), tuple(skipped), tuple(unreadable), True)
            looked_at += 1
            path = above + item.name
            kind = _kind(item)
            kept_out = skip is not None and skip(path)
            if kept_out:
                skipped.append(path)
            else:
                entries.append(Entry(path, kind))
            if kind is Kind.DIRECTORY and (not kept_out or (enter and enter(path))):
                if level < depth:
                    waiting.append((path + "/", item.path, level + 1))
                else:
                    truncated = True
    return Walk(tuple(entries), tuple(skipped), tuple(unreadable), truncated)


def _kind(item: os.DirEntry[str]) -> Kind:
    try:
        if item.is_file(follow_symlinks=False):
            return Kind.FILE
        if item.is_dir(follow_symlinks=False):
            return Kind.DIRECTORY
        return Kind.LINK if item.is_symlink() else Kind.OTHER
    except OSError:  # gone since it was listed, on a file system that does not list kinds
        return Kind.OTHER


def _not_a_tree(directory: str, error: OSError) -> FilesError:
    if isinstance(error, NotADirectoryError):
        return FilesError(directory, f"{directory} is a file, not a directory.")
    return translated(directory, error)
