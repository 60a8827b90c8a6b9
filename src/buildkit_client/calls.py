"""Calls that belong together, and end together when the builder is silent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from buildkit_client.error_details import translated


class Pending(Protocol):
    """A call under way."""

    def cancel(self) -> bool: ...


class Calls:
    """The calls of one build. Threads may share them."""

    def __init__(self) -> None:
        self._pending: set[Pending] = set()
        self._lock = threading.Lock()
        #: Whether they were ended because the builder gave no sign of life.
        self.given_up = False

    @contextmanager
    def follow(self, call: Pending) -> Iterator[None]:
        """Wait for a call inside; afterwards it is over. Its errors become this package's."""
        with self._lock:
            self._pending.add(call)
        if self.given_up:
            call.cancel()
        try:
            with translated(lambda: self.given_up):
                yield
        finally:
            call.cancel()
            with self._lock:
                self._pending.discard(call)

    def give_up(self) -> None:
        """End all, and those that are still to come."""
        self.given_up = True
        with self._lock:
            pending = tuple(self._pending)
        for call in pending:
            call.cancel()
