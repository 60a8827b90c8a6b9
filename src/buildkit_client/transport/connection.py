"""A gRPC channel to a builder, and what has to be closed with it."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import grpc

from buildkit_client.channel import OPTIONS
from buildkit_client.errors import NoBuilder
from buildkit_client.transport.addresses import Address
from buildkit_client.transport.proxy import Proxy
from buildkit_client.transport.tls import Tls


class Connection:
    """An open channel to the builder at `address`. Close it, or use it in a `with`."""

    def __init__(self, address: Address, *, timeout: float = 15.0) -> None:
        self.address = address
        self._proxy = Proxy(address.dial) if address.dial else None
        target = self._proxy.target if self._proxy else address.target
        self.channel = _channel(target, address.tls if not self._proxy else None)
        try:
            self._wait(timeout)
        except BaseException:
            self.close()
            raise

    def _wait(self, timeout: float) -> None:
        ready = grpc.channel_ready_future(self.channel)
        # gRPC tries again and again; a builder that cannot be dialled is told at once.
        step = 0.05
        while timeout > 0:
            try:
                ready.result(timeout=min(step, timeout))
            except grpc.FutureTimeoutError:
                timeout -= step
                if self._is_hopeless():
                    break
            else:
                return
        ready.cancel()
        raise NoBuilder(f"the builder at {self.address.url} cannot be reached{self._reason()}")

    def _is_hopeless(self) -> bool:
        command = self.address.command
        return bool((command and command.failed) or (self._proxy and self._proxy.failure))

    def _reason(self) -> str:
        command = self.address.command
        reason = (command and command.last_words) or (self._proxy and self._proxy.failure)
        return f": {reason}" if reason else ""

    def close(self) -> None:
        """End all calls and everything that carried them."""
        self.channel.close()
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


def _channel(target: str, tls: Tls | None) -> grpc.Channel:
    if tls is None:
        return grpc.insecure_channel(target, options=OPTIONS)
    files = [path.read_bytes() if path else None for path in (tls.ca, tls.key, tls.certificate)]
    options = [item for item in OPTIONS if item[0] != "grpc.default_authority"]
    if tls.server_name:
        options.append(("grpc.ssl_target_name_override", tls.server_name))
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(*files), options=options)
