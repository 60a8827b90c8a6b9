"""Reading ahead in a second thread: reading, unpacking, hashing let go of the interpreter."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from queue import Queue

_PIECES = 8
"""As many wait to be used before the thread has to."""


def ahead(pieces: Iterable[bytes]) -> Generator[bytes]:
    """The same pieces. Close it, and nothing reads any more: only for what does not keep waiting.

    What goes wrong in the thread is raised here.
    """
    waiting: Queue[bytes | None] = Queue(_PIECES)
    is_wanted = True
    failure: BaseException | None = None

    def read() -> None:
        nonlocal failure
        try:
            for piece in pieces:
                waiting.put(piece)
                if not is_wanted:
                    break
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            failure = error
        waiting.put(None)

    piece: bytes | None = b""
    threading.Thread(target=read, name="ahead", daemon=True).start()
    try:
        while (piece := waiting.get()) is not None:
            yield piece
    finally:
        is_wanted = False
        while piece is not None:
            piece = waiting.get()
    if failure:
        raise failure
