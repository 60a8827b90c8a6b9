"""Signing in to registries: Basic, and the tokens that most of them hand out.

Source: the token specification of github.com/distribution (GET with Basic credentials) and its
OAuth2 variant (POST with a refresh token, which Azure's registries use).
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from buildkit_client.docker_config import ANONYMOUS, Credentials
from reimage.registry.challenges import Challenge, read_challenges
from reimage.registry.endpoints import Endpoint
from reimage.registry.errors import BadAnswer, Denied
from reimage.registry.settings import TOKEN_LIMIT
from reimage.registry.transport import Request, Transport

_SHORTEST_LIFE = 60.0
"""seconds, which the specification promises where nothing is told."""
_MARGIN = 5.0


class _Header(NamedTuple):
    """A header `Authorization`, and until when it may be used (`time.monotonic`)."""

    value: str
    until: float


class SignIns:
    """The sign-ins of one run. Every token is asked for once, whatever the number of threads."""

    def __init__(self, transport: Transport, credentials: Callable[[str], Credentials]) -> None:
        self._transport = transport
        self._ask = credentials
        self._lock = threading.Lock()
        self._locks: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)
        self._credentials: dict[str, Credentials] = {}
        self._headers: dict[tuple[str, str], _Header] = {}

    def header(self, endpoint: Endpoint, repository: str) -> str | None:
        """The header that worked last; None where none is known, or it is too old."""
        known = self._headers.get((endpoint.base, repository))
        return known.value if known and known.until > time.monotonic() else None

    def answer(self, endpoint: Endpoint, repository: str, header: str, refused: str | None) -> str:
        """The header that answers the challenges in `header`.

        `refused` is the one that was just not accepted. Raises Denied where no other can be had.
        """
        key = (endpoint.base, repository)
        with self._lock:
            lock = self._locks[key]
        with lock:
            known = self.header(endpoint, repository)
            if known and known != refused:
                return known
            made = self._make(endpoint, repository, header)
            if made.value == refused:
                raise self._denied(endpoint, repository)
            self._headers[key] = made
            return made.value

    def _make(self, endpoint: Endpoint, repository: str, header: str) -> _Header:
        challenges = read_challenges(header)
        for challenge in challenges:
            if challenge.scheme == "bearer":
                return self._token(endpoint, repository, challenge)
        if any(challenge.scheme == "basic" for challenge in challenges):
            return self._basic(endpoint, repository)
        raise Denied(f"{endpoint.host} asks for a sign-in of a kind that reimage does not know")

    def credentials(self, endpoint: Endpoint) -> Credentials:
        """What Docker knows for this registry, asked once."""
        with self._lock:
            host = endpoint.known_as
            if host not in self._credentials:
                self._credentials[host] = self._ask(host)
            return self._credentials[host]

    def _basic(self, endpoint: Endpoint, repository: str) -> _Header:
        credentials = self.credentials(endpoint)
        if credentials == ANONYMOUS:
            raise self._denied(endpoint, repository)
        return _Header(_basic(credentials), float("inf"))

    def _denied(self, endpoint: Endpoint, repository: str) -> Denied:
        return denied(endpoint, repository, self.credentials(endpoint))

    def _token(self, endpoint: Endpoint, repository: str, challenge: Challenge) -> _Header:
        realm = challenge.parameters.get("realm", "")
        _check_realm(realm, endpoint)
        credentials = self.credentials(endpoint)
        scope = challenge.parameters.get("scope") or f"repository:{repository}:pull"
        service = challenge.parameters.get("service", "")
        asked = {"service": service, "scope": scope} if service else {"scope": scope}
        request = _token_request(realm, asked, credentials, endpoint)
        try:
            answer = self._transport.fetch(request, TOKEN_LIMIT)
        except Denied:  # GitLab and GitHub answer 403 for what nobody unknown may see
            raise self._denied(endpoint, repository) from None
        if answer.status == 401:
            raise self._denied(endpoint, repository)
        return _read_token(answer.body, endpoint)


def denied(endpoint: Endpoint, repository: str, credentials: Credentials) -> Denied:
    """Why a registry answers 401 in the end."""
    login = f"`docker login {endpoint.known_as}`"
    if credentials == ANONYMOUS:
        return Denied(
            f"{endpoint.host} shows {repository} to nobody unknown: it does not exist, or needs "
            f"{login}"
        )
    who = f"of {credentials.username}" if credentials.username else "that Docker keeps"
    return Denied(f"{endpoint.host} does not accept the password {who}: sign in again with {login}")


def _basic(credentials: Credentials) -> str:
    packed = base64.b64encode(f"{credentials.username}:{credentials.password}".encode())
    return f"Basic {packed.decode()}"


def _check_realm(realm: str, endpoint: Endpoint) -> None:
    """A registry behind TLS must not have a password sent elsewhere in the clear."""
    try:
        parts = urlsplit(realm)
        usable = bool(parts.hostname) and parts.scheme in ("http", "https")
    except ValueError:
        usable = False
    if not usable:
        raise BadAnswer(f"{endpoint.host} names no address for its tokens")
    if parts.scheme == "http" and endpoint.base.startswith("https:"):
        raise BadAnswer(f"{endpoint.host} wants tokens to be fetched without TLS, which is refused")


def _token_request(
    realm: str, asked: Mapping[str, str], credentials: Credentials, endpoint: Endpoint
) -> Request:
    what = f"a token for {endpoint.host}"
    if credentials.password and not credentials.username:
        form = {
            **asked,
            "grant_type": "refresh_token",
            "refresh_token": credentials.password,
            "client_id": "reimage",
        }
        return Request(realm, what, {}, "POST", form)
    url = f"{realm}{'&' if urlsplit(realm).query else '?'}{urlencode(asked)}"
    headers = {} if credentials == ANONYMOUS else {"Authorization": _basic(credentials)}
    return Request(url, what, headers)


def _read_token(body: bytes, endpoint: Endpoint) -> _Header:
    try:
        told: object = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    table = told if isinstance(told, dict) else {}
    token = table.get("token") or table.get("access_token")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise BadAnswer(f"The token for {endpoint.host} is no token")
    life = table.get("expires_in")
    seconds = float(life) if isinstance(life, int | float) and life > 0 else _SHORTEST_LIFE
    return _Header(f"Bearer {token}", time.monotonic() + max(seconds - _MARGIN, 1.0))
