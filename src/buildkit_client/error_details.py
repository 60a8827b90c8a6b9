"""From what gRPC raises to the errors of this package.

BuildKit's typed details are JSON inside a `google.rpc.Status` in a trailer; the Dockerfile itself
is among them, so trailers may have megabytes (see `channel.OPTIONS`).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import grpc
from google.protobuf.message import DecodeError

from buildkit_client import messages
from buildkit_client.errors import (
    BadRequest,
    BuilderGone,
    BuildFailed,
    BuildKitError,
    Cancelled,
    NoBuilder,
    Rejected,
    SourceLocation,
    StepFailed,
    TimedOut,
    Unsupported,
)

_TRAILER = "grpc-status-details-bin"
_SILENT = "the builder does not answer any more, and what it was doing is lost"
_STOPPED = "the build was stopped before it ended"
TIME_OVER = "the builder was not done when the time that was given was over"
_PREFIX = "github.com/moby/buildkit/"
_PLAIN: dict[grpc.StatusCode, type[BuildKitError]] = {
    grpc.StatusCode.CANCELLED: Cancelled,
    grpc.StatusCode.DEADLINE_EXCEEDED: TimedOut,
    grpc.StatusCode.UNIMPLEMENTED: Unsupported,
    grpc.StatusCode.NOT_FOUND: BadRequest,
    grpc.StatusCode.INVALID_ARGUMENT: BadRequest,
    grpc.StatusCode.PERMISSION_DENIED: BadRequest,
    grpc.StatusCode.UNAUTHENTICATED: BadRequest,
}


@dataclass(frozen=True, slots=True)
class Details:
    """The typed parts of a failure, as far as they were told."""

    location: SourceLocation | None = None
    exit_code: int | None = None
    vertex: str = ""
    from_frontend: bool = False
    subrequest: str = ""
    mount_ids: tuple[str, ...] = ()


@contextmanager
def translated(is_silent: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Turn every error of gRPC that is raised inside into one of ours.

    `is_silent` says of a call that was cancelled whether that was because no answer came.
    """
    try:
        yield
    except (grpc.RpcError, grpc.FutureCancelledError) as error:
        if is_silent():
            raise BuilderGone(_SILENT) from error
        if isinstance(error, grpc.RpcError):
            raise decode(error) from error
        raise Cancelled(_STOPPED) from error
    except grpc.FutureTimeoutError as error:
        raise TimedOut("the builder did not answer in time") from error


@runtime_checkable
class _Ended(Protocol):
    """An error of gRPC that is the end of a call (all but misuse are)."""

    def code(self) -> grpc.StatusCode: ...

    def details(self) -> str | None: ...

    def trailing_metadata(self) -> Sequence[tuple[str, str | bytes]] | None: ...


def decode(error: Exception) -> BuildKitError:
    """The error of this package that says what `error` means."""
    if not isinstance(error, _Ended):
        return BuildKitError(str(error))
    message = error.details() or error.code().name
    details = read_details(_status(error.trailing_metadata()))
    return _classify(error.code(), message, details)


def _classify(code: grpc.StatusCode, message: str, details: Details) -> BuildKitError:
    if details.subrequest:
        return Unsupported(f"the builder's frontend does not know {details.subrequest}")
    if code is grpc.StatusCode.CANCELLED or message.endswith("context canceled"):
        return Cancelled(_STOPPED)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED and "deadline exceeded" in message.lower():
        return TimedOut(TIME_OVER)
    if code is grpc.StatusCode.UNAVAILABLE or message.startswith("Stream removed"):
        if "failed to connect" in message:
            return NoBuilder(f"the builder cannot be reached: {message}")
        return BuilderGone(f"the builder went away, and what it was doing is lost: {message}")
    if code in _PLAIN and not details.location:
        return _PLAIN[code](message)
    kind = BuildFailed
    if details.exit_code is not None:
        kind = StepFailed
    elif details.from_frontend or (details.location and not details.vertex):
        # Older builders do not say that it was the frontend, but no step has a part in it.
        kind = Rejected
    return kind(
        message,
        location=details.location,
        exit_code=details.exit_code,
        vertex=details.vertex,
    )


def read_details(status: messages.RpcStatus) -> Details:
    """The typed parts of a status; what is unknown or garbled is passed over."""
    place: SourceLocation | None = None
    exit_code: int | None = None
    vertex = subrequest = ""
    from_frontend = False
    mount_ids: tuple[str, ...] = ()
    for detail in status.details:
        value = _json(detail.value)
        match detail.type_url.removeprefix(_PREFIX):
            case "gatewayapi.ExitMessage+json":
                exit_code = _integer(value.get("Code"))
            case "errdefs.Source+json":
                # The innermost place comes last.
                place = location(value) or place
            case "errdefs.Vertex+json":
                vertex = _text(value.get("digest"))
            case "errdefs.Frontend+json":
                from_frontend = True
            case "errdefs.Subrequest+json":
                subrequest = _text(value.get("name"))
            case "errdefs.Solve+json":
                given = value.get("mountIDs")
                mount_ids = tuple(map(_text, given)) if isinstance(given, list) else ()
    return Details(place, exit_code, vertex, from_frontend, subrequest, mount_ids)


def details_of(error: BaseException) -> Details:
    """The typed parts behind an error of this package, or none."""
    cause: object = error.__cause__
    if isinstance(cause, _Ended):
        return read_details(_status(cause.trailing_metadata()))
    return Details()


def _status(trailers: Sequence[tuple[str, str | bytes]] | None) -> messages.RpcStatus:
    for key, value in trailers or ():
        if key == _TRAILER and isinstance(value, bytes):
            try:
                return messages.RpcStatus.FromString(value)
            except DecodeError:
                break
    return messages.RpcStatus()


def _json(data: bytes) -> dict[str, object]:
    try:
        value: object = json.loads(data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def location(value: Mapping[str, object]) -> SourceLocation | None:
    """The place in a file that the JSON of an errdefs.Source names."""
    info, ranges = value.get("info"), value.get("ranges")
    if not isinstance(info, dict) or not isinstance(ranges, list):
        return None
    try:
        source = base64.b64decode(_text(info.get("data")))
        first = min(_line(item, "start") for item in ranges)
        last = max(_line(item, "end") for item in ranges)
    except (binascii.Error, ValueError):
        return None
    return SourceLocation(_text(info.get("filename")), first, max(first, last), source)


def _line(item: object, end: str) -> int:
    position = item.get(end) if isinstance(item, dict) else None
    return _integer(position.get("line") if isinstance(position, dict) else 0)


def _integer(value: object) -> int:
    return value if isinstance(value, int) else 0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
