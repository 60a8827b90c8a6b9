"""Services of a session: handlers by the full path of their method."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NoReturn, TypeAlias
from urllib.parse import unquote_plus

import grpc

from buildkit_client.channel import Received, Sent, encode

# At run time the class takes no parameters.
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Handlers = Mapping[str, Handler]


def unary(request: type[Received], answer: Callable[..., Sent]) -> Handler:
    """A method with one request and one answer; `answer(request, context)` makes it."""
    return grpc.unary_unary_rpc_method_handler(answer, request.FromString, encode)


def both(
    work: Callable[[Iterator[bytes], grpc.ServicerContext], Iterator[bytes]],
) -> Handler:
    """A method in which both sides send many messages, here as bytes."""
    return grpc.stream_stream_rpc_method_handler(work)


class Router(grpc.GenericRpcHandler):
    """Finds the handler of a call in a table."""

    def __init__(self, handlers: Handlers) -> None:
        self._handlers = handlers

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler | None:
        """The handler, or none for a method that is not served."""
        return self._handlers.get(handler_call_details.method)


def headers(context: grpc.ServicerContext, key: str) -> list[str]:
    """All values that the builder sent under `key`; it form-encodes what is not ASCII."""
    found: dict[str, list[str]] = {key: [], f"{key}-encoded": []}
    for name, value in context.invocation_metadata() or ():
        if name in found:
            text = value if isinstance(value, str) else value.decode("utf-8", "surrogateescape")
            found[name].append(text)
    values = found[key]
    return [unquote_plus(value) for value in values] if found[f"{key}-encoded"] else values


def header(context: grpc.ServicerContext, key: str) -> str:
    """The first value under `key`, or nothing."""
    return next(iter(headers(context, key)), "")


def refuse(context: grpc.ServicerContext, code: grpc.StatusCode, message: str) -> NoReturn:
    """End the call with an error; the builder hands it on to whoever asked for the build."""
    context.abort(code, message)
    raise AssertionError("abort returned")


def merge(tables: Iterable[Handlers]) -> dict[str, Handler]:
    """One table of several; a method may be served once."""
    merged: dict[str, Handler] = {}
    for table in tables:
        twice = merged.keys() & table.keys()
        if twice:
            raise ValueError(f"served twice: {', '.join(sorted(twice))}")
        merged.update(table)
    return merged
