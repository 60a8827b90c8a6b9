"""Typed calls over a gRPC channel, by the path of the method."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

if TYPE_CHECKING:
    import grpc

#: With gRPC's defaults a failing build of a 5 KB Dockerfile hides its error, and 200 ignore
#: patterns end in RESOURCE_EXHAUSTED: errors travel in trailers and patterns in headers.
OPTIONS: tuple[tuple[str, Any], ...] = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_metadata_size", 16 << 20),
    ("grpc.absolute_max_metadata_size", 16 << 20),
    ("grpc.enable_http_proxy", 0),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.default_authority", "localhost"),
    # A builder that was started again is noticed soon.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)

CONTROL = "/moby.buildkit.v1.Control/"
GATEWAY = "/moby.buildkit.v1.frontend.LLBBridge/"
CONTENT = "/containerd.services.content.v1.Content/"

Metadata = Sequence[tuple[str, str | bytes]]


class Sent(Protocol):
    """A message that can be written."""

    def SerializeToString(self) -> bytes: ...  # noqa: N802


class Received(Protocol):
    """A message that can be read."""

    @classmethod
    def FromString(cls, data: bytes) -> Self: ...  # noqa: N802


Answer = TypeVar("Answer", bound=Received)
Item = TypeVar("Item", covariant=True)


class Answers(Protocol[Item]):
    """The answers of a call that has many."""

    def __iter__(self) -> Iterator[Item]: ...

    def cancel(self) -> bool: ...


def encode(message: Sent) -> bytes:
    """The bytes of a message."""
    return message.SerializeToString()


def begin(
    channel: grpc.Channel,
    path: str,
    request: Sent,
    answer: type[Answer],
    *,
    metadata: Metadata = (),
    timeout: float | None = None,
    wait_for_ready: bool = False,
) -> grpc.Future[Answer]:
    """Start a call with one answer. With `wait_for_ready` it is made once there is a connection."""
    method = channel.unary_unary(path, encode, answer.FromString)
    return method.future(
        request, timeout=timeout, metadata=tuple(metadata), wait_for_ready=wait_for_ready
    )


def call(
    channel: grpc.Channel,
    path: str,
    request: Sent,
    answer: type[Answer],
    *,
    metadata: Metadata = (),
    timeout: float | None = None,
) -> Answer:
    """Make a call with one answer, and wait for it."""
    method = channel.unary_unary(path, encode, answer.FromString)
    return method(request, timeout=timeout, metadata=tuple(metadata))


def stream(
    channel: grpc.Channel,
    path: str,
    request: Sent,
    answer: type[Answer],
    *,
    timeout: float | None = None,
) -> Answers[Answer]:
    """Make a call with many answers."""
    return channel.unary_stream(path, encode, answer.FromString)(request, timeout=timeout)


def exchange(
    channel: grpc.Channel,
    path: str,
    requests: Iterator[Sent],
    answer: type[Answer],
    *,
    metadata: Metadata = (),
    timeout: float | None = None,
) -> Answers[Answer]:
    """Make a call in which both sides send many messages."""
    method = channel.stream_stream(path, encode, answer.FromString)
    return method(requests, timeout=timeout, metadata=tuple(metadata))
