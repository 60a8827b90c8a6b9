"""What has a digest, kept on disk; and, when asked for, what tags stood for a while ago.

Nothing that is read from here is believed: content is checked against its digest.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from pathlib import Path

from reimage.image.digests import digest_of, is_digest

_TAG_LIMIT = 1024


class Cache:
    """Files below a folder; None keeps nothing. What can't be written is not kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def read(self, digest: str, limit: int) -> bytes | None:
        """The content of a digest, if it is here and whole."""
        content = self._content(self._place("blobs", digest.replace(":", "/", 1)), limit)
        if content is None or digest_of(content, digest) != digest:
            return None
        return content

    def write(self, digest: str, content: bytes) -> None:
        self._replace(self._place("blobs", digest.replace(":", "/", 1)), content)

    def tag(self, tagged: str, *, seconds: float | None) -> str | None:
        """The digest that a tag stood for at most `seconds` ago; None takes any age."""
        path = self._tag_place(tagged)
        content = self._content(path, _TAG_LIMIT)
        if path is None or content is None:
            return None
        name, _, digest = content.decode("utf-8", "replace").partition("\n")
        if name != tagged or not is_digest(digest):
            return None
        if seconds is not None and not 0 <= time.time() - _changed(path) <= seconds:
            return None
        return digest

    def write_tag(self, tagged: str, digest: str) -> None:
        self._replace(self._tag_place(tagged), f"{tagged}\n{digest}".encode())

    def _tag_place(self, tagged: str) -> Path | None:
        return self._place("tags", hashlib.sha256(tagged.encode()).hexdigest())

    def _place(self, *parts: str) -> Path | None:
        return self._folder.joinpath(*parts) if self._folder else None

    def _content(self, path: Path | None, limit: int) -> bytes | None:
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                content = file.read(limit + 1)
        except OSError:
            return None
        return content if len(content) <= limit else None

    def _replace(self, path: Path | None, content: bytes) -> None:
        if path is None:
            return
        # A full disk or a folder that is not ours costs the cache, not the run.
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                Path(name).replace(path)
            except OSError:
                Path(name).unlink(missing_ok=True)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
