"""Surveys the folder that a build would be sent."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from buildkit_client.ignore import BadIgnorePattern, IgnoreMatcher, read_patterns
from reimage.context.compiled_sources import CompiledFiles
from reimage.context.deciding import read_texts
from reimage.context.node_sources import NodeFiles
from reimage.context.python_sources import PythonFiles
from reimage.context.sizes import Modes, Sizes
from reimage.context.uses import UsesAround
from reimage.files import FilesError, Kind, read, walk
from reimage.files.walking import Walk
from reimage.model.context import ContextFacts
from reimage.text import decode

# Listing so many takes a third of a second; a context beyond that is listed in part.
PATH_LIMIT = 50_000
_IGNORE_FILE_LIMIT = 1 << 20


def default_root(dockerfile: Path) -> Path:
    """The context of a Dockerfile when nobody says otherwise: its folder."""
    return dockerfile.parent


def survey(root: Path, dockerfile: Path | None = None) -> ContextFacts:
    """What a build of `dockerfile` in the context `root` would be sent.

    Remembered for the life of the process (see `forget`), so that asking for each of many
    Dockerfiles is cheap. Raises FilesError when the folder cannot be listed or when BuildKit
    would refuse the ignore file.
    """
    folder = os.path.realpath(root)
    ignore_path, text = _ignore_file_in_force(folder, dockerfile)
    found = _surveyed(folder, ignore_path, text)
    if dockerfile is None:
        return found
    return found._replace(uses=UsesAround(os.path.realpath(dockerfile), folder, found.texts))


def forget() -> None:
    """Survey anew from now on: files were written, or time has passed."""
    _surveyed.cache_clear()


def _ignore_file_in_force(folder: str, dockerfile: Path | None) -> tuple[str, str | None]:
    """The ignore file's path relative to the context, and its text if it is there.

    One named after the Dockerfile, and beside it, wins over the one of the context.
    """
    own = f"{os.path.realpath(dockerfile)}.dockerignore" if dockerfile else None
    common = os.path.join(folder, ".dockerignore")
    path = own if own and os.path.isfile(own) else common
    text = decode(read(path, limit=_IGNORE_FILE_LIMIT)) if os.path.lexists(path) else None
    return os.path.relpath(path, folder).replace(os.sep, "/"), text


@lru_cache(maxsize=64)
def _surveyed(folder: str, ignore_path: str, ignore_text: str | None) -> ContextFacts:
    try:
        ignore = IgnoreMatcher(read_patterns(ignore_text or ""))
    except BadIgnorePattern as error:
        where = os.path.join(folder, ignore_path)
        raise FilesError(where, f"{where} is refused by BuildKit: {error}.") from error
    seen = _listed(folder, ignore)
    directories = {path for path, kind in seen.entries if kind is Kind.DIRECTORY}
    files = Sizes(folder, [path for path, kind in seen.entries if kind in (Kind.FILE, Kind.LINK)])
    directories |= _above(files)
    texts = read_texts(folder, [path for path, kind in seen.entries if kind is Kind.FILE])
    if ignore_text is not None:  # it is read even where it holds itself back
        texts[ignore_path] = ignore_text
    return ContextFacts(
        files=files,
        directories=frozenset(directories),
        present=frozenset(path for path in seen.skipped if path not in directories),
        texts=texts,
        ignore_path=ignore_path,
        truncated=seen.truncated or bool(seen.unreadable),
        modes=Modes(folder, [*files, *sorted(directories)]),
        python=PythonFiles(folder, (path for path, kind in seen.entries if kind is Kind.FILE)),
        compiled=CompiledFiles(folder, (path for path, kind in seen.entries if kind is Kind.FILE)),
        node=NodeFiles(folder, (path for path, kind in seen.entries if kind is Kind.FILE)),
    )


def _listed(folder: str, ignore: IgnoreMatcher) -> Walk:
    if not ignore.patterns:
        return walk(folder, limit=PATH_LIMIT)

    def has_sent_files(path: str) -> bool:
        return not ignore.may_skip_directory(path)

    return walk(folder, skip=ignore.ignores, enter=has_sent_files, limit=PATH_LIMIT)


def _above(paths: Iterable[str]) -> set[str]:
    """Every directory above one of `paths`: a negation sends a file and with it those."""
    directories: set[str] = set()
    for path in paths:
        directory = path.rpartition("/")[0]
        while directory and directory not in directories:
            directories.add(directory)
            directory = directory.rpartition("/")[0]
    return directories
