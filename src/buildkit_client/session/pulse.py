"""Whether the builder is still there, as long as something of ours runs on it.

A machine that is cut off, or a daemon that is frozen, ends no connection: a build would wait for
ever. Pings of HTTP/2 will not do, for a BuildKit on its own takes more than one in five minutes as
an attack and ends the connection. So it is asked something small, like any other call.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import grpc

from buildkit_client import messages
from buildkit_client.channel import CONTROL, begin
from buildkit_client.error_details import decode
from buildkit_client.errors import TimedOut

#: Seconds between two questions, and in which one is answered, unless other signs of life come.
INTERVAL = 4.0
PATIENCE = 15.0


class Pulse:
    """Calls `stopped`, once, when nothing has come from the builder for `PATIENCE` seconds though
    it was asked. Runs from `start` to `close`."""

    def __init__(self, channel: grpc.Channel, stopped: Callable[[], object]) -> None:
        self._channel = channel
        self._stopped = stopped
        self._over = threading.Event()
        self._heard = 0.0
        self._question: grpc.Future[messages.InfoResponse] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="buildkit-pulse")

    def start(self) -> None:
        """From now on."""
        self._thread.start()

    def heard(self) -> None:
        """Something came from the builder."""
        self._heard = time.monotonic()

    def close(self) -> None:
        """No more questions."""
        self._over.set()
        if question := self._question:
            question.cancel()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(INTERVAL):
            asked = time.monotonic()
            if not self._answers() and self._heard < asked and not self._over.is_set():
                self._stopped()
                return

    def _answers(self) -> bool:
        """Any answer will do; a connection that ended ends the other calls by itself."""
        self._question = begin(
            self._channel,
            CONTROL + "Info",
            messages.Empty(),
            messages.InfoResponse,
            timeout=PATIENCE,
        )
        if self._over.is_set():
            self._question.cancel()
        try:
            self._question.result()
        except grpc.FutureCancelledError:
            return True
        except grpc.RpcError as error:
            return not isinstance(decode(error), TimedOut)
        return True
