"""A request by the name of an image: where to ask, what to sign in with, whom to ask instead."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import NamedTuple, TypeVar

from reimage.model.images.references import Reference
from reimage.registry.endpoints import Endpoint, is_this_machine, mirrors, server
from reimage.registry.errors import BadAnswer, NotFound, Offline, RegistryError
from reimage.registry.settings import Settings, from_docker_config
from reimage.registry.signing_in import SignIns, denied
from reimage.registry.transport import Answer, Request, Streaming, Transport

_MOST_TRIES = 3
"""Without a sign-in, with one, and with a new one when that was too old."""

Result = TypeVar("Result", Answer, Streaming)


class Wanted(NamedTuple):
    """A request below the repository of `image`: `rest` is the end of its path."""

    image: Reference
    rest: str
    what: str
    method: str = "GET"
    headers: Mapping[str, str] = {}


class Connection:
    """Requests to any registry, for any number of threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.transport = Transport(settings)
        self._sign_ins = SignIns(self.transport, settings.credentials or from_docker_config())
        self._schemes: dict[str, str] = {}
        self.passed_over: dict[str, str] = {}
        """Mirrors that gave no answer, and why: what they said first."""
        self._lock = threading.Lock()

    def close(self) -> None:
        self.transport.close()

    def fetch(self, wanted: Wanted, limit: int) -> tuple[Answer, Endpoint]:
        """The answer of the first server that has one, and which server that was."""
        return self._first(wanted, lambda request: self.transport.fetch(request, limit))

    def fetch_from(self, endpoint: Endpoint, url: str, wanted: Wanted, limit: int) -> Answer:
        """The answer of another address of a server, which an answer named."""
        return self._signed_in(
            endpoint, url, wanted, lambda request: self.transport.fetch(request, limit)
        )

    @contextmanager
    def stream(self, wanted: Wanted, size: int) -> Iterator[Streaming]:
        """The answer of the first server that has one, piece by piece."""
        with ExitStack() as stack:
            yield self._first(
                wanted,
                lambda request: stack.enter_context(self.transport.stream(request, size)),
            )[0]

    def _first(self, wanted: Wanted, ask: Callable[[Request], Result]) -> tuple[Result, Endpoint]:
        """Mirrors are asked first; what they do not have, or say, the server of the domain does."""
        domain = wanted.image.domain
        if self.settings.offline:
            raise Offline(f"{wanted.what} is not in the cache, and this run is offline")
        if not domain:
            raise BadAnswer(f"{wanted.what} names no registry that can be asked")
        for mirror in mirrors(domain, self.settings):
            url = mirror.url(wanted.image.path, wanted.rest)
            try:
                return self._signed_in(mirror, url, wanted, ask), mirror
            except NotFound:
                continue
            except RegistryError as error:
                self.passed_over.setdefault(mirror.host, str(error))
        origin = server(domain, self._scheme(domain))
        url = origin.url(wanted.image.path, wanted.rest)
        return self._signed_in(origin, url, wanted, ask), origin

    def _scheme(self, domain: str) -> str:
        if domain in self.settings.plain_http:
            return "http"
        if not is_this_machine(domain):
            return "https"
        with self._lock:
            if domain not in self._schemes:
                speaks = self.transport.speaks_tls(f"https://{domain}/v2/")
                self._schemes[domain] = "https" if speaks else "http"
            return self._schemes[domain]

    def _signed_in(
        self,
        endpoint: Endpoint,
        url: str,
        wanted: Wanted,
        ask: Callable[[Request], Result],
    ) -> Result:
        repository = endpoint.prefix + wanted.image.path
        header = self._sign_ins.header(endpoint, repository)
        for _ in range(_MOST_TRIES):
            headers = {**wanted.headers, "Authorization": header} if header else wanted.headers
            answer = ask(Request(url, wanted.what, headers, wanted.method))
            if answer.status != 401:
                return answer
            challenge = answer.headers.get("www-authenticate", "")
            header = self._sign_ins.answer(endpoint, repository, challenge, header)
        raise denied(endpoint, repository, self._sign_ins.credentials(endpoint))
