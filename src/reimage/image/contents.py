"""Contents of chosen files of layers, put aside in one temporary file that has no name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self, cast

from reimage.image.errors import NoRoom, Unbounded

if TYPE_CHECKING:
    from reimage.image.entries import Entry

_IN_MEMORY = 32 << 20


class Contents:
    """What was kept of each entry, by its place in a layer. Close it, or use it in a `with`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._start = self._end = 0
        self._places: dict[int, tuple[Entry, int, int]] = {}
        # Nothing is ever written under a name that an image chooses.
        file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        self._file = cast("BinaryIO", file)

    def put(self, pieces: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
        """Put a content aside while it passes; `settle` says whose it was. Raises NoRoom."""
        self._start = self._end
        with _room():
            self._file.seek(self._start)
        for piece in pieces:
            self._end += len(piece)
            if self._end > self._limit:
                raise Unbounded(f"More than {self._limit} bytes of files would have to be kept.")
            with _room():
                self._file.write(piece)
            yield piece

    def settle(self, entry: Entry) -> None:
        """The content that was put aside last is that of `entry`."""
        # The entry is held on to, so that its identity stays its own.
        self._places[id(entry)] = (entry, self._start, self._end - self._start)

    def __contains__(self, entry: Entry) -> bool:
        return id(entry) in self._places

    def read(self, entry: Entry, size: int = -1, offset: int = 0) -> bytes:
        """At most `size` bytes from `offset`. KeyError for what was not kept."""
        _, start, length = self._places[id(entry)]
        rest = max(length - offset, 0)
        with _room():  # what was written last may have to go to the disk first
            self._file.seek(start + offset)
            return self._file.read(rest if size < 0 else min(size, rest))

    def __iter__(self) -> Iterator[Entry]:
        for entry, _, _ in self._places.values():
            yield entry

    def close(self) -> None:
        """Let the temporary file go."""
        with suppress(OSError):  # on a full disk: what was to be written yet, nobody will read
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NoRoom(
            f"Files of the image cannot be put aside in {tempfile.gettempdir()}: "
            f"{(error.strerror or str(error)).lower()}; make room there, or name another folder "
            "with TMPDIR."
        ) from error
