"""A gRPC channel to a builder, and what has to be closed with it."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

import grpc

from buildkit_client import messages
from buildkit_client.channel import CONTROL, OPTIONS, begin
from buildkit_client.error_details import decode
from buildkit_client.errors import BuilderGone, NoBuilder, TimedOut
from buildkit_client.transport.addresses import Address
from buildkit_client.transport.proxy import Proxy
from buildkit_client.transport.tls import Tls

_STEP = 0.05
_NOBODY = (NoBuilder, BuilderGone, TimedOut)


class Connection:
    """A way to the builder at `address`. Close it, or use it in a `with`."""

    def __init__(self, address: Address, *, timeout: float | None = None) -> None:
        self.address = address
        self._timeout = timeout or address.patience
        self._proxy = Proxy(address.dial) if address.dial else None
        target = self._proxy.target if self._proxy else address.target
        self._channel = _channel(target, address.tls if not self._proxy else None, self._timeout)
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    @property
    def channel(self) -> grpc.Channel:
        """The channel, connected; again, where the builder was started again meanwhile.

        Raises `NoBuilder` if there is no builder any more.
        """
        self._wait()
        return self._channel

    def _wait(self) -> None:
        """A call that any BuildKit answers, if only with an error."""
        if self._proxy:
            self._proxy.failure = None
        if self.address.command:
            self.address.command.failed = False
        until = time.monotonic() + self._timeout
        while (left := until - time.monotonic()) > 0:
            answer = begin(
                self._channel,
                CONTROL + "Info",
                messages.Empty(),
                messages.InfoResponse,
                timeout=left,
                wait_for_ready=True,
            )
            if self._comes(answer):
                return
            answer.cancel()
            # gRPC tries again and again; a builder that cannot be dialled is told at once.
            if self._is_hopeless():
                break
            time.sleep(_STEP)
        url, reason = self.address.url, self._reason()
        raise NoBuilder(f"the builder at {url} cannot be reached: {reason}")

    def _comes(self, answer: grpc.Future[messages.InfoResponse]) -> bool:
        while not self._is_hopeless():
            try:
                answer.result(timeout=_STEP)
            except grpc.FutureTimeoutError:
                continue
            except grpc.RpcError as error:
                return not isinstance(decode(error), _NOBODY)
            return True
        return False

    def _is_hopeless(self) -> bool:
        command = self.address.command
        return bool((command and command.failed) or (self._proxy and self._proxy.failure))

    def _reason(self) -> str:
        command = self.address.command
        failure = self._proxy.failure if self._proxy else None
        reason = (command and command.last_words) or (failure and (failure.strerror or failure))
        return str(reason or f"nothing that speaks gRPC answered within {self._timeout:g} seconds")

    def close(self) -> None:
        """End all calls and everything that carried them."""
        self._channel.close()
        if self._proxy:
            self._proxy.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _channel(target: str, tls: Tls | None, timeout: float) -> grpc.Channel:
    # One that takes connections and says nothing is not held for longer.
    options = [*OPTIONS, ("grpc.min_reconnect_backoff_ms", int(timeout * 1000))]
    if tls is None:
        return grpc.insecure_channel(target, options=options)
    files = [path.read_bytes() if path else None for path in (tls.ca, tls.key, tls.certificate)]
    options = [item for item in options if item[0] != "grpc.default_authority"]
    if tls.server_name:
        options.append(("grpc.ssl_target_name_override", tls.server_name))
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(*files), options=options)
