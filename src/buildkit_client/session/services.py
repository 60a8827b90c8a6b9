"""Services of a session: handlers by the full path of their method."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar
from urllib.parse import unquote_plus

import grpc
from google.protobuf.message import DecodeError

from buildkit_client.channel import Received, Sent, encode
from buildkit_client.errors import BuildKitError
from buildkit_client.session.streams import CallEnded, Refused, Stream


class Failures:
    """What went wrong on this side; the builder only learns that something did."""

    def __init__(self) -> None:
        self.first: BuildKitError | None = None

    def add(self, failure: BuildKitError) -> None:
        """Keep the first."""
        self.first = self.first or failure


Handler = Callable[[Stream], None]
Handlers = Mapping[str, Handler]
Request = TypeVar("Request", bound=Received)


def unary(request: type[Request], answer: Callable[[Request, Stream], Sent]) -> Handler:
    """A method with one request and one answer."""

    def handle(stream: Stream) -> None:
        message = stream.receive()
        if message is None:
            raise CallEnded
        stream.send(encode(answer(request.FromString(message), stream)))

    return handle


def serve(stream: Stream, handlers: Handlers) -> None:
    """Answer one call, and end it in any case."""
    code, message = grpc.StatusCode.UNKNOWN, "the client failed"
    try:
        handler = handlers.get(stream.path)
        if handler is None:
            raise Refused(grpc.StatusCode.UNIMPLEMENTED, f"unknown method {stream.path}")
        handler(stream)
        code, message = grpc.StatusCode.OK, ""
    except Refused as refusal:
        code, message = refusal.code, refusal.message
    except (CallEnded, ConnectionError):
        code, message = grpc.StatusCode.CANCELLED, "the call was broken off"
    except DecodeError:
        code, message = grpc.StatusCode.INVALID_ARGUMENT, "a message cannot be read"
    finally:
        stream.finish(code, message)


def headers(stream: Stream, key: str) -> list[str]:
    """All values that the builder sent under `key`; it form-encodes what is not ASCII."""
    wanted = key.encode()
    values = [
        value.decode("utf-8", "surrogateescape") for name, value in stream.headers if name == wanted
    ]
    encoded = bool(stream.header(f"{key}-encoded"))
    return [unquote_plus(value) for value in values] if encoded else values


def merge(tables: Iterable[Handlers]) -> dict[str, Handler]:
    """One table of several; a method may be served once."""
    merged: dict[str, Handler] = {}
    for table in tables:
        twice = merged.keys() & table.keys()
        if twice:
            raise ValueError(f"served twice: {', '.join(sorted(twice))}")
        merged.update(table)
    return merged
