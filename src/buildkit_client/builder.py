"""A builder: the door of this package."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from types import TracebackType
from typing import Self

from buildkit_client import abilities
from buildkit_client.docker_config import Credentials, DockerConfig
from buildkit_client.request import BuildRequest
from buildkit_client.solve import Build, BuildResult
from buildkit_client.status import Event
from buildkit_client.transport.addresses import Address, parse
from buildkit_client.transport.connection import Connection
from buildkit_client.transport.discovery import discover
from buildkit_client.transport.tls import Tls


def connect(url: str = "", *, tls: Tls | None = None, timeout: float = 15.0) -> Builder:
    """Connect to the builder at `url`, or to the one that the surroundings name.

    `unix://` (buildkitd or the Docker Engine), `tcp://`, `ssh://`, `buildx://NAME`,
    `docker-container://NAME`. Raises `NoBuilder` if it does not answer within `timeout` seconds.
    """
    if url:
        return Builder(parse(url, tls=tls), "it was named", timeout=timeout)
    found = discover()
    return Builder(found.address, found.reason, timeout=timeout)


class Builder:
    """A connection to a BuildKit. Use it in a `with`, or close it. Threads may share one."""

    def __init__(self, address: Address, reason: str, *, timeout: float) -> None:
        self.url = address.url
        #: Why this builder was chosen, as part of a sentence.
        self.reason = reason
        self._connection = Connection(address, timeout=timeout)

    @cached_property
    def abilities(self) -> abilities.Abilities:
        """What this builder can do. Asked once."""
        return abilities.ask(self._connection.channel)

    def workers(self) -> tuple[abilities.Worker, ...]:
        """The workers, with the platforms that they run."""
        return abilities.list_workers(self._connection.channel)

    def start(
        self,
        request: BuildRequest,
        *,
        credentials: Callable[[str], Credentials] | None = None,
        timeout: float | None = None,
    ) -> Build:
        """A build to be run in a `with`. `credentials` (default: Docker's) are those of a registry
        by its host; `timeout` is in seconds."""
        self.abilities.check(request)
        return Build(
            self._connection.channel,
            request,
            credentials=credentials or DockerConfig().credentials,
            timeout=timeout,
        )

    def build(
        self,
        request: BuildRequest,
        *,
        on_event: Callable[[Event], object] | None = None,
        credentials: Callable[[str], Credentials] | None = None,
        timeout: float | None = None,
    ) -> BuildResult:
        """Build, and wait for the result. `on_event` is called for all that happens meanwhile."""
        with self.start(request, credentials=credentials, timeout=timeout) as running:
            if on_event:
                for event in running.events():
                    on_event(event)
            return running.result()

    def close(self) -> None:
        """End all that still runs, and the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
