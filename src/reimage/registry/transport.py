"""Requests that come to an end: limits on time and size, pauses and repeats, redirects."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import NamedTuple, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx2

from reimage.registry.deadlines import Deadline
from reimage.registry.errors import BadAnswer, NoConnection, NotTls, RateLimited, RegistryError
from reimage.registry.failures import failure_of_connection, failure_of_status
from reimage.registry.limits import RateLimit, read_rate_limit
from reimage.registry.network import open_client, proxy_of
from reimage.registry.settings import Settings

_MOST_REDIRECTS = 5
_MOST_CONNECTING = 2
_REDIRECTS = (301, 302, 303, 307, 308)
_SLOWEST = 32 << 10
"""bytes per second; who sends a blob more slowly is given up."""

Result = TypeVar("Result")


class Request(NamedTuple):
    """What to ask for. `what` names it in errors, `form` is sent as the body of a POST."""

    url: str
    what: str
    headers: Mapping[str, str]
    method: str = "GET"
    form: Mapping[str, str] | None = None

    @property
    def host(self) -> str:
        return host_of(self.url)


class Answer(NamedTuple):
    """An answer of the status 200 to 299, or 401. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class Streaming(NamedTuple):
    """An answer whose body is on its way."""

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]


class Transport:
    """Connections to any number of hosts, for any number of threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.rate_limits: dict[str, RateLimit] = {}
        self._deadline = Deadline()
        self._lost: dict[str, str] = {}
        """Why there was no connection, by host or proxy: nobody waits for one of them twice."""
        self._client = open_client(settings, self._deadline)

    def close(self) -> None:
        self._client.close()

    def fetch(self, request: Request, limit: int) -> Answer:
        """The whole answer, at most `limit` bytes."""

        def attempt() -> Answer:
            with self._deadline.within(self.settings.one_request), ExitStack() as stack:
                answer = self._open(request, stack)
                body = b"" if request.method == "HEAD" else _whole(answer, request, limit)
                return Answer(answer.status, answer.headers, body)

        return self._repeated(attempt)

    @contextmanager
    def stream(self, request: Request, size: int) -> Iterator[Streaming]:
        """An answer of about `size` bytes, piece by piece; only its beginning is tried again."""
        with ExitStack() as stack:
            stack.enter_context(self._deadline.within(self.settings.one_request + size / _SLOWEST))
            yield self._repeated(lambda: self._open(request, stack))

    def speaks_tls(self, url: str) -> bool:
        """Whether what listens there takes TLS; also when nothing answers at all."""
        with self._deadline.within(self.settings.one_request), ExitStack() as stack:
            try:
                self._send(Request(url, "TLS", {}), stack)
            except NotTls:
                return False
            except RegistryError:
                return True
        return True

    def _repeated(self, attempt: Callable[[], Result]) -> Result:
        """Try until it works, fails for good, or takes too long."""
        settings = self.settings
        give_up = time.monotonic() + settings.patience
        for number in range(1, settings.attempts + 1):
            try:
                return attempt()
            except RegistryError as error:
                pause = settings.first_pause * 2 ** (number - 1) * random.uniform(1, 1.5)
                if isinstance(error, RateLimited):
                    pause = max(pause, error.wait or 0)
                late = time.monotonic() + pause > give_up or pause > settings.longest_wait
                if late or not self._worth_another(error, number):
                    raise
                time.sleep(pause)
        raise AssertionError("at least one attempt is made")

    def _worth_another(self, error: RegistryError, number: int) -> bool:
        """Whether to try again after attempt `number`; remembers what can't be reached."""
        if isinstance(error, NoConnection):
            again = error.may_be_retried and number < min(self.settings.attempts, _MOST_CONNECTING)
            if not again:
                self._lost[error.address] = str(error)
            return again
        passing = error.may_be_retried or isinstance(error, RateLimited)
        return passing and number < self.settings.attempts

    def _open(self, request: Request, stack: ExitStack) -> Streaming:
        """The beginning of the answer, behind redirects. `stack` closes it."""
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._send(request, stack)
            headers = {name.lower(): value for name, value in response.headers.items()}
            if known := read_rate_limit(headers):
                self.rate_limits[request.host] = known
            status = response.status_code
            if status in _REDIRECTS and request.method in ("GET", "HEAD"):
                response.close()
                request = _redirected(request, headers.get("location", ""))
                continue
            if status == 401 or 200 <= status < 300:
                return Streaming(status, headers, self._chunks(response, request.host))
            raise failure_of_status(status, headers, request.host, request.what)
        raise BadAnswer(f"{request.host} sends {request.what} round in circles")

    def _send(self, request: Request, stack: ExitStack) -> httpx2.Response:
        """The head of the answer. What could not be reached once is not tried again."""
        proxy = proxy_of(self._client, request.url)
        if lost := self._lost.get(proxy) or self._lost.get(request.host):
            raise NoConnection(lost, request.host)
        try:
            built = self._client.build_request(
                request.method, request.url, headers=request.headers, data=request.form
            )
            response = self._client.send(built, stream=True)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise failure_of_connection(error, request.host, self.settings, proxy) from None
        stack.callback(response.close)
        return response

    def _chunks(self, response: httpx2.Response, host: str) -> Iterator[bytes]:
        encoding = response.headers.get("content-encoding", "identity")
        if encoding != "identity":
            raise BadAnswer(f"{host} compresses its answer although nobody asked for it")
        try:
            yield from response.iter_raw()
        except httpx2.HTTPError as error:
            raise failure_of_connection(error, host, self.settings) from None


def host_of(url: str) -> str:
    """The host of an address, with its port where one is written."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _redirected(request: Request, location: str) -> Request:
    """Credentials stay with the host that they are for."""
    try:
        url = urljoin(request.url, location)
        old, new = urlsplit(request.url), urlsplit(url)
        new_port = new.port
    except ValueError:
        new_port, url, old, new = None, "", urlsplit(request.url), urlsplit("")
    if not location or new.scheme not in ("http", "https") or not new.hostname:
        raise BadAnswer(f"{request.host} redirects {request.what} to what is no address of the web")
    if old.scheme == "https" and new.scheme != "https":
        raise BadAnswer(f"{request.host} redirects {request.what} from TLS to plain HTTP")
    headers = dict(request.headers)
    if (old.scheme, old.hostname, old.port) != (new.scheme, new.hostname, new_port):
        headers = {name: value for name, value in headers.items() if name != "Authorization"}
    return request._replace(url=url, headers=headers)


def _whole(answer: Streaming, request: Request, limit: int) -> bytes:
    told = answer.headers.get("content-length", "")
    if told.isdigit() and len(told) < 20 and int(told) > limit:
        raise _too_large(request, limit)
    body = bytearray()
    for chunk in answer.chunks:
        body += chunk
        if len(body) > limit:
            raise _too_large(request, limit)
    return bytes(body)


def _too_large(request: Request, limit: int) -> BadAnswer:
    size = f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit} bytes"
    return BadAnswer(f"{request.host} sends more than {size} for {request.what}, so it is not read")
