"""HTTP over whatever reaches the Docker API."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from reimage.docker_api.errors import NoDaemon, NotThere, Refused

_PIECE = 1 << 18
_LARGEST_ANSWER = 64 << 20
_PATIENCE = 300.0
"""Seconds without a byte; a daemon may take its time before it starts to send an image."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, dial: Callable[[], socket.socket]) -> None:
        super().__init__("docker")
        self._dial = dial

    def connect(self) -> None:
        self.sock = self._dial()
        self.sock.settimeout(_PATIENCE)


class Requests:
    """Requests to the daemon that `dial` connects to; `url` is for messages."""

    def __init__(self, url: str, dial: Callable[[], socket.socket]) -> None:
        self._url = url
        self._dial = dial

    def json(self, path: str) -> object:
        """The answer to a request, as JSON."""
        with self._answer(path) as answer:
            data = answer.read(_LARGEST_ANSWER + 1)
        if len(data) > _LARGEST_ANSWER:
            raise Refused(f"The Docker daemon at {self._url} answers without end.")
        try:
            found: object = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise Refused(f"What answers at {self._url} is no Docker daemon.") from error
        return found

    def delete(self, path: str) -> None:
        """Delete what a path names."""
        with self._answer(path, "DELETE") as answer:
            answer.read(_PIECE)

    @contextmanager
    def stream(self, path: str) -> Iterator[Iterator[bytes]]:
        """The answer to a request, in pieces."""
        with self._answer(path) as answer:
            yield self._pieces(answer)

    def _pieces(self, answer: http.client.HTTPResponse) -> Iterator[bytes]:
        try:
            while piece := answer.read(_PIECE):
                yield piece
        except (OSError, http.client.HTTPException) as error:
            raise NoDaemon(f"The Docker daemon at {self._url} went away.") from error

    @contextmanager
    def _answer(self, path: str, method: str = "GET") -> Iterator[http.client.HTTPResponse]:
        with closing(_Connection(self._dial)) as connection:
            try:
                connection.request(method, path)
                answer = connection.getresponse()
                refusal = answer.read(_PIECE) if answer.status != 200 else b""
            except (OSError, http.client.HTTPException) as error:
                raise NoDaemon(
                    f"The Docker daemon at {self._url} cannot be reached ({error}); is it running?"
                ) from error
            if answer.status == 404:
                raise NotThere(_sentence(refusal))
            if answer.status != 200:
                raise Refused(_sentence(refusal))
            yield answer


def _sentence(refusal: bytes) -> str:
    try:
        message = json.loads(refusal)["message"]
    except (ValueError, KeyError, TypeError):
        message = refusal[:200].decode("utf-8", "replace")
    return f"The Docker daemon says: {message}"
