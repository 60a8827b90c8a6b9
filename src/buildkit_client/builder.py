"""A builder: the door of this package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from buildkit_client.abilities import Abilities, Worker, ask, list_workers, tell_version
from buildkit_client.docker_config import Credentials, DockerConfig
from buildkit_client.errors import NoBuilder
from buildkit_client.request import BuildRequest
from buildkit_client.solve import Build, BuildResult
from buildkit_client.status import Event, Progress
from buildkit_client.transport.addresses import Address, parse
from buildkit_client.transport.connection import Connection
from buildkit_client.transport.discovery import NONE, at_usual_places, named

if TYPE_CHECKING:
    from buildkit_client.disk import CacheRecord
    from buildkit_client.gateway import Gateway
    from buildkit_client.history import BuildRecord
    from buildkit_client.transport.private import PrivateBuilder
    from buildkit_client.transport.tls import Tls

# What a build does not need is imported where it is used: start-up counts.


def connect(
    url: str = "", *, tls: Tls | None = None, timeout: float | None = None, private: bool = True
) -> Builder:
    """Connect to the builder at `url`, or to the one that the surroundings name.

    `unix://` (buildkitd or the Docker Engine), `tcp://`, `ssh://`, `buildx://NAME`,
    `docker-container://NAME`. Where none is named and none answers, but `buildkitd` or `dockerd` is
    installed and may be started, a private one runs until the builder is closed (unless `private`
    is false). Raises `NoBuilder` if nothing answers within `timeout` seconds (by default 4, and 15
    for one that a program has to be started for).
    """
    if url:
        return Builder(parse(url, tls=tls, timeout=timeout), "it was named", timeout=timeout)
    if found := named(timeout=timeout):
        return Builder(found.address, found.reason, timeout=timeout)
    try:
        found = at_usual_places(timeout=timeout)
        if not found:
            raise NoBuilder(NONE)
        return Builder(found.address, found.reason, timeout=timeout)
    except NoBuilder as error:
        from buildkit_client.transport.private import PrivateBuilder, installed

        program = installed() if private else ""
        if not program:
            raise
        try:
            own = PrivateBuilder(program)
        except NoBuilder as why_not:
            raise NoBuilder(f"{error}; {why_not}") from error
    return Builder(own.address, own.reason, timeout=timeout, private=own)


class Builder:
    """A connection to a BuildKit. Use it in a `with`, or close it. Threads may share one."""

    def __init__(
        self,
        address: Address,
        reason: str,
        *,
        timeout: float | None,
        private: PrivateBuilder | None = None,
    ) -> None:
        self.url = address.url
        #: Why this builder was chosen, as part of a sentence.
        self.reason = reason
        self._private = private
        try:
            self._connection = Connection(address, timeout=timeout)
        except BaseException:
            if private:
                private.close()
            raise

    @property
    def is_private(self) -> bool:
        """Whether it was started for this connection, and ends with it."""
        return self._private is not None

    @cached_property
    def abilities(self) -> Abilities:
        """What this builder can do. Asked once."""
        return ask(self._connection.channel)

    @cached_property
    def version(self) -> str:
        """Of its BuildKit, as it tells it; nothing is concluded from it."""
        return tell_version(self._connection.channel)

    def workers(self) -> tuple[Worker, ...]:
        """The workers, with the platforms that they run."""
        return list_workers(self._connection.channel)

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
            self._prepared(request),
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

    def look(
        self, request: BuildRequest, *, credentials: Callable[[str], Credentials] | None = None
    ) -> Gateway:
        """A build that is looked at, not exported; to be used in a `with`."""
        from buildkit_client.gateway import Gateway

        self.abilities.check(request)
        return Gateway(
            self._connection.channel,
            self._prepared(request),
            credentials=credentials or DockerConfig().credentials,
        )

    def _prepared(self, request: BuildRequest) -> BuildRequest:
        """The bridge of a private builder leads nowhere: what asks for no other network has the
        machine's."""
        if self._private and request.network == "default":
            return replace(request, network="host")
        return request

    def history(self) -> tuple[BuildRecord, ...]:
        """All builds that the builder remembers, the latest first."""
        from buildkit_client import history as past

        return past.records(self._connection.channel)

    def record(self, ref: str) -> BuildRecord:
        """One build that the builder remembers."""
        from buildkit_client import history as past

        return past.record(self._connection.channel, ref)

    def replay(self, ref: str) -> Progress:
        """Steps, warnings and log tails of a build of the past."""
        from buildkit_client import history as past

        return past.replay(self._connection.channel, ref)

    def pin(self, ref: str, *, pinned: bool = True) -> None:
        """Keep a build in the history when it is tidied up, or no longer."""
        from buildkit_client import history as past

        past.pin(self._connection.channel, ref, pinned=pinned)

    def forget(self, ref: str) -> None:
        """Take a build out of the history."""
        from buildkit_client import history as past

        past.forget(self._connection.channel, ref)

    def disk_usage(self, *filters: str) -> tuple[CacheRecord, ...]:
        """Entries of the builder's cache; a filter is such as `type==source.local`."""
        from buildkit_client import disk

        return disk.disk_usage(self._connection.channel, filters)

    def prune(
        self, *, filters: Sequence[str] = (), unused_for: float = 0.0
    ) -> tuple[CacheRecord, ...]:
        """Remove entries of the cache that match, or were not used for so many seconds."""
        from buildkit_client import disk

        return disk.prune(self._connection.channel, filters=filters, unused_for=unused_for)

    def close(self) -> None:
        """End all that still runs, the connection, and a builder that was started for it."""
        self._connection.close()
        if self._private:
            self._private.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
