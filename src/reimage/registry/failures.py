"""What an answer, or none, means: one sentence for the user."""

from __future__ import annotations

import email.utils
import re
import socket
import ssl
import time
from collections.abc import Mapping

import httpx2

from reimage.registry.errors import (
    BadAnswer,
    Denied,
    NoConnection,
    NotFound,
    NotTls,
    RateLimited,
    RegistryError,
    ServerTrouble,
    Unreachable,
    Untrusted,
)
from reimage.registry.limits import read_rate_limit
from reimage.registry.settings import Settings

_NAMES = {500: "internal error", 502: "bad gateway", 503: "unavailable", 504: "gateway timeout"}
_NO_NAME = {
    socket.EAI_NONAME: ("no such host is known", False),
    socket.EAI_AGAIN: ("names of hosts can't be looked up, as if there were no network", True),
}
"""What the system's resolver answers, and whether asking it again may help."""


def failure_of_status(
    status: int, headers: Mapping[str, str], host: str, what: str
) -> RegistryError:
    """What a status that is no success means. 401 is not among them."""
    if status == 404:
        return NotFound(f"the registry {host} does not have {what}")
    if status == 429:
        return _too_many(headers, host)
    if status == 407:
        return _wants_password("", host)
    if status == 403:
        return Denied(f"{host} does not let this sign-in read {what}")
    if status >= 500:
        name = _NAMES.get(status, "an error of its own")
        return ServerTrouble(f"{host} answers {status} ({name}) when asked for {what}")
    return BadAnswer(f"{host} answers {status} when asked for {what}")


def _too_many(headers: Mapping[str, str], host: str) -> RateLimited:
    wait = retry_after(headers)
    told = "try again later" if wait is None else f"try again in {wait:.0f} s"
    known = read_rate_limit(headers)
    limit = f" ({known})" if known else ""
    return RateLimited(
        f"{host} takes no more requests for now{limit}: {told}, or sign in with `docker login`",
        wait,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, which may be written as a date."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch("[0-9]{1,9}", value):
        return float(value)
    try:
        then = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return max(then.timestamp() - time.time(), 0.0)


def failure_of_connection(
    error: Exception, host: str, settings: Settings, proxy: str = ""
) -> RegistryError:
    """What an error of httpx2 means. `proxy` is the host of the proxy on the way, or ""."""
    if isinstance(error, httpx2.ProxyError):
        return _refused_by_proxy(error, host, proxy)
    if isinstance(error, httpx2.ConnectTimeout):
        seconds = min(settings.connect, settings.one_request)
        return _no_connection(f"no connection within {seconds:g} s", host, proxy)
    if isinstance(error, httpx2.TimeoutException):
        message = f"{host} takes longer than {settings.one_request:g} s to answer"
        return NoConnection(message, host, may_be_retried=True)
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _untrusted(cause, host)
        if isinstance(cause, ssl.SSLError):
            return NotTls(
                f"{host} does not speak TLS: allow plain HTTP with --plain-http {host} if you "
                "trust the network"
            )
        if isinstance(cause, ConnectionRefusedError):
            return _no_connection("nothing listens there", host, proxy, may_be_retried=True)
        if isinstance(cause, socket.gaierror):
            reason, passing = _NO_NAME.get(cause.errno or 0, ("its name can't be looked up", True))
            return _no_connection(reason, host, proxy, may_be_retried=passing)
    if isinstance(error, httpx2.ConnectError):
        return _no_connection(_plain(error), host, proxy, may_be_retried=True)
    if isinstance(error, httpx2.NetworkError | httpx2.RemoteProtocolError):
        return Unreachable(f"The connection to {host} broke before the answer was complete")
    return BadAnswer(f"{host} sent something that is not HTTP")


def _untrusted(error: ssl.SSLCertVerificationError, host: str) -> Untrusted:
    reason = error.verify_message or "it can't be verified"
    return Untrusted(
        f"The certificate of {host} is not trusted ({reason}): give its authority with --ca"
    )


def _no_connection(
    reason: str, host: str, proxy: str, *, may_be_retried: bool = False
) -> NoConnection:
    if proxy:
        message = f"the proxy {proxy}, through which {host} is asked, can't be reached: {reason}"
    else:
        message = f"{host} can't be reached: {reason}"
    return NoConnection(message, proxy or host, may_be_retried=may_be_retried)


def _refused_by_proxy(error: Exception, host: str, proxy: str) -> RegistryError:
    """The proxy answered, and what it said is its status and the words behind that."""
    told = re.match(r"(\d{3})\b", str(error))
    if told is None or told[1] == "407":
        return _wants_password(proxy, host)
    message = f"the proxy {proxy} gives no way to {host} (it answers {told[1]})"
    return NoConnection(message, host, may_be_retried=told[1] in ("502", "503", "504"))


def _wants_password(proxy: str, host: str) -> NoConnection:
    message = (
        f"the proxy {proxy}".rstrip()
        + f" on the way to {host} wants a sign-in: write it into its address, "
        "http://user:password@host:port"
    )
    return NoConnection(message, proxy or host)


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in found:
        found.append(cause)
        cause = cause.__cause__ or cause.__context__
    return found


def _plain(error: Exception) -> str:
    """The system's words without its number: `[Errno -2] Name or service not known`."""
    return re.sub(r"^\[[^\]]*\] *", "", str(error)).lower() or "no connection"
