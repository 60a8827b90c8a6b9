"""Solve: run one build, with its session and its status."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Self

from buildkit_client import attributes, messages, policy, stores
from buildkit_client.channel import CONTROL, Answers, begin, stream
from buildkit_client.docker_config import Credentials
from buildkit_client.error_details import TIME_OVER
from buildkit_client.errors import BadRequest, BuildFailed, BuildKitError, Cancelled, TimedOut
from buildkit_client.freshness import shared_key
from buildkit_client.outputs import DockerArchive, LocalDirectory, OciArchive, Output, Tar, Target
from buildkit_client.request import BuildRequest
from buildkit_client.session import (
    auth,
    content,
    filesend,
    filesync,
    secret_store,
    ssh_agent,
    upload,
)
from buildkit_client.session.services import Failures, Handlers
from buildkit_client.session.tunnel import Session
from buildkit_client.status import Event, Progress, Step, Warned

if TYPE_CHECKING:
    import grpc

# What remains of the status after the build has ended comes within milliseconds.
_STATUS_SECONDS = 3.0
# Deadlines are rounded on their way to the builder.
_ROUNDING = 0.1


@dataclass(frozen=True, slots=True)
class BuildResult:
    """A finished build. `digest` is that of the manifest, or of the configuration on an Engine
    without the containerd image store (where it is the image ID); empty if there is no image."""

    ref: str
    digest: str
    config_digest: str
    names: tuple[str, ...]
    steps: tuple[Step, ...]
    warnings: tuple[Warned, ...]
    metadata: Mapping[str, str] = field(repr=False)


class Build:
    """A build under way. Use it in a `with`, so that nothing of it is left when it ends."""

    def __init__(
        self,
        channel: grpc.Channel,
        request: BuildRequest,
        *,
        credentials: Callable[[str], Credentials],
        timeout: float | None = None,
    ) -> None:
        self.ref = secrets.token_hex(12)
        self.progress = Progress()
        self._channel = channel
        self._request = request
        self._failures = Failures()
        self._sinks = sinks(request)
        self._events: SimpleQueue[Event | None] = SimpleQueue()
        sources = attributes.sources(request)
        self._session = Session(
            channel,
            services(request, sources, credentials, self._failures, self._sinks),
            shared_key=shared_key(sources.folders, sources.trees.values()),
            name=attributes.context_name(request),
        )
        self._message = solve_message(request, sources, self.ref, self._session.id)
        self._timeout = timeout
        self._began = 0.0
        self._is_stopped = False
        self._call: grpc.Future[messages.SolveResponse] | None = None
        self._status: Answers[messages.StatusResponse] | None = None
        self._follower: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._session.__enter__()
        try:
            self._began = time.monotonic()
            self._call = begin(
                self._channel,
                CONTROL + "Solve",
                self._message,
                messages.SolveResponse,
                timeout=self._timeout,
            )
            self._status = stream(
                self._channel,
                CONTROL + "Status",
                messages.StatusRequest(ref=self.ref),
                messages.StatusResponse,
            )
            self._follower = threading.Thread(
                target=self._follow, args=(self._status,), daemon=True, name="buildkit-status"
            )
            self._follower.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cancel()
        if self._status:
            self._status.cancel()
        if self._follower:
            self._follower.join(_STATUS_SECONDS)
        self._session.close()
        for sink in self._sinks.values():
            sink.settle(keep=False)

    def _follow(self, status: Answers[messages.StatusResponse]) -> None:
        try:
            with self._session.calls.follow(status):
                for message in status:
                    for event in self.progress.read(message):
                        self._events.put(event)
        except BuildKitError:
            pass  # the build itself says what is wrong
        finally:
            self._events.put(None)

    def events(self) -> Iterator[Event]:
        """What happens, as it happens, until the build ends."""
        while (event := self._events.get()) is not None:
            yield event

    def cancel(self) -> None:
        """Stop the build, if it still runs."""
        self._is_stopped = True
        if self._call:
            self._call.cancel()

    def result(self) -> BuildResult:
        """Wait for the end. Raises the error that the build ended in."""
        assert self._call, "a build is used in a `with`"
        try:
            with self._session.calls.follow(self._call):
                answer = self._call.result()
        except BuildKitError as error:
            explained = self._explained(error)
            explained.__cause__ = explained.__cause__ or error.__cause__
            raise explained  # noqa: B904 - it has its cause
        self._join()
        if self._failures.first:
            raise self._failures.first
        for sink in self._sinks.values():
            sink.settle(keep=True)
        stores.finish(self._request, answer.exporter_response)
        return _result(self.ref, answer.exporter_response, self.progress)

    def _time_is_over(self) -> bool:
        if self._timeout is None:
            return False
        return time.monotonic() >= self._began + self._timeout - _ROUNDING

    def _join(self) -> None:
        if self._follower:
            self._follower.join(_STATUS_SECONDS)

    def _explained(self, error: BuildKitError) -> BuildKitError:
        if isinstance(error, Cancelled) and not self._is_stopped and self._time_is_over():
            # The builder keeps the deadline as well, and its word came before our own clock's.
            return TimedOut(TIME_OVER)
        # What breaks off because the builder went away, or the build was stopped, says only that.
        # A builder that stops by itself may give that as its reason, in place of ours.
        may_be_ours = isinstance(error, BuildFailed | BadRequest) or (
            isinstance(error, Cancelled) and not self._is_stopped
        )
        if self._failures.first and may_be_ours:
            return self._failures.first
        if not isinstance(error, BuildFailed) or not error.vertex:
            return error
        self._join()
        step = self.progress.step(error.vertex)
        return error.with_step(step.name if step else "", self.progress.log_tail(error.vertex))


def services(
    request: BuildRequest,
    sources: attributes.Sources,
    credentials: Callable[[str], Credentials],
    failures: Failures,
    sinks: Mapping[int, filesend.Sink],
) -> list[Handlers]:
    """What this side offers during the build; nothing that was not given."""
    offered = [filesync.serve(sources.trees, failures), auth.serve(credentials, failures)]
    if request.secrets:
        offered.append(secret_store.serve(request.secrets))
    if request.ssh:
        offered.append(ssh_agent.serve(request.ssh, failures))
    if folders := stores.stores(request, sources):
        offered.append(content.serve(folders, failures))
    if sources.archives:
        offered.append(upload.serve(sources.archives, failures))
    if sinks:
        offered.append(filesend.serve(sinks, failures))
    return offered


def sinks(request: BuildRequest) -> dict[int, filesend.Sink]:
    """What takes the results that come to this side, by the number of the output."""
    found = ((number, _sink(output)) for number, output in enumerate(request.outputs))
    return {number: sink for number, sink in found if sink is not None}


def _sink(output: Output) -> filesend.Sink | None:
    match output:
        case LocalDirectory(path):
            if path.exists() and not path.is_dir():
                raise BadRequest(f"the result is a directory, and {path} is none")
            return filesend.ToDirectory(path)
        case OciArchive(target=target) | DockerArchive(target=target) | Tar(target=target):
            return _stream(target)
    return None


def _stream(target: Target) -> filesend.Sink:
    if not isinstance(target, Path):
        return filesend.ToFunction(target)
    if target.is_dir() or not target.parent.is_dir():
        raise BadRequest(f"a file is to be written to {target}, where none can be")
    return filesend.ToFile(target)


def solve_message(
    request: BuildRequest, sources: attributes.Sources, ref: str, session: str
) -> messages.SolveRequest:
    """The message of a request."""
    return messages.SolveRequest(
        ref=ref,
        session=session,
        frontend="dockerfile.v0",
        frontend_attrs=attributes.attributes(request) | sources.attributes,
        exporters=[
            messages.Attributes(type=output.kind, attrs=output.attributes())
            for output in request.outputs
        ],
        entitlements=attributes.entitlements(request),
        cache=messages.CacheOptions(
            exports=[
                messages.Attributes(type=item.kind, attrs=item.options) for item in request.cache_to
            ]
        ),
        source_policy=policy.encode(request.source_policy),
        internal=request.internal,
    )


def _result(ref: str, response: Mapping[str, str], progress: Progress) -> BuildResult:
    names = response.get("image.name", "")
    return BuildResult(
        ref,
        response.get("containerimage.digest", ""),
        response.get("containerimage.config.digest", ""),
        tuple(names.split(",")) if names else (),
        progress.steps,
        progress.warnings,
        dict(response),
    )
