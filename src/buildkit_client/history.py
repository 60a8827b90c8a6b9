"""The builds that a builder remembers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildkit_client import messages
from buildkit_client.channel import CONTROL, call, stream
from buildkit_client.error_details import translated
from buildkit_client.errors import BadRequest, BuildFailed
from buildkit_client.status import Progress, Time, read_time

_DELETED = 2

if TYPE_CHECKING:
    import grpc


@dataclass(frozen=True, slots=True)
class BuildRecord:
    """A build of the past. `error` is empty for one that succeeded."""

    ref: str
    frontend: str
    created: Time | None
    completed: Time | None
    error: str
    steps: int
    completed_steps: int
    cached_steps: int
    warnings: int
    pinned: bool
    options: Mapping[str, str] = field(repr=False)
    response: Mapping[str, str] = field(repr=False)


def records(channel: grpc.Channel) -> tuple[BuildRecord, ...]:
    """All builds, the latest first. Choose from them here: a builder that is asked to choose
    crashes when it holds a deleted one."""
    found = _events(channel, messages.BuildHistoryRequest(early_exit=True))
    return tuple(sorted(found, key=lambda record: record.created or 0.0, reverse=True))


def record(channel: grpc.Channel, ref: str) -> BuildRecord:
    """One build; `BadRequest` if the builder does not remember it."""
    with _remembered(ref):
        found = _events(channel, messages.BuildHistoryRequest(ref=_checked(ref), early_exit=True))
    for item in found:
        if item.ref == ref:
            return item
    raise BadRequest(f"the builder remembers no build {ref}")


def replay(channel: grpc.Channel, ref: str) -> Progress:
    """Steps, warnings and log tails of a build of the past."""
    progress = Progress()
    request = messages.StatusRequest(ref=_checked(ref))
    with translated():
        for message in stream(channel, CONTROL + "Status", request, messages.StatusResponse):
            for _ in progress.read(message):
                pass
    return progress


def forget(channel: grpc.Channel, ref: str) -> None:
    """Take a build out of the history."""
    _update(channel, messages.UpdateBuildHistoryRequest(ref=_checked(ref), delete=True))


def pin(channel: grpc.Channel, ref: str, *, pinned: bool = True) -> None:
    """Keep a build in the history when it is tidied up, or no longer."""
    _update(channel, messages.UpdateBuildHistoryRequest(ref=_checked(ref), pinned=pinned))


def _update(channel: grpc.Channel, request: messages.UpdateBuildHistoryRequest) -> None:
    with _remembered(request.ref), translated():
        call(channel, CONTROL + "UpdateBuildHistory", request, messages.Empty)


@contextmanager
def _remembered(ref: str) -> Iterator[None]:
    """The builder has a code neither for a build that it forgot nor for one that never was."""
    try:
        yield
    except BuildFailed as error:
        if error.message.endswith(("not found", "file does not exist")):
            raise BadRequest(f"the builder remembers no build {ref}") from error
        raise


def _events(channel: grpc.Channel, request: messages.BuildHistoryRequest) -> list[BuildRecord]:
    path = CONTROL + "ListenBuildHistory"
    with translated():
        return [
            _read(event.record)
            for event in stream(channel, path, request, messages.BuildHistoryEvent)
            if event.type != _DELETED and event.HasField("record")
        ]


def _checked(ref: str) -> str:
    if not ref:
        raise BadRequest("a build is named by its ref")
    return ref


def _read(found: messages.BuildHistoryRecord) -> BuildRecord:
    return BuildRecord(
        found.ref,
        found.frontend,
        read_time(found.created_at),
        read_time(found.completed_at),
        found.error.message,
        found.num_total_steps,
        found.num_completed_steps,
        found.num_cached_steps,
        found.num_warnings,
        found.pinned,
        dict(found.frontend_attrs),
        dict(found.exporter_response),
    )
