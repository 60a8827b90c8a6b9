"""What an answer, or none, means: one sentence for the user."""

from __future__ import annotations

import email.utils
import re
import ssl
import time
from collections.abc import Mapping

import httpx2

from reimage.registry.errors import (
    BadAnswer,
    Denied,
    NotFound,
    NotTls,
    RateLimited,
    RegistryError,
    ServerTrouble,
    Unreachable,
    Untrusted,
)
from reimage.registry.limits import read_rate_limit

_NAMES = {500: "internal error", 502: "bad gateway", 503: "unavailable", 504: "gateway timeout"}


def failure_of_status(
    status: int, headers: Mapping[str, str], host: str, what: str
) -> RegistryError:
    """What a status that is no success means. 401 is not among them."""
    if status == 404:
        return NotFound(f"the registry {host} does not have {what}")
    if status == 429:
        return _too_many(headers, host)
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


def failure_of_connection(error: Exception, host: str, seconds: float) -> RegistryError:
    """What an error of httpx2 means."""
    if isinstance(error, httpx2.TimeoutException):
        return Unreachable(f"{host} takes longer than {seconds:g} s to answer")
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = cause.verify_message or "it can't be verified"
            return Untrusted(
                f"The certificate of {host} is not trusted ({reason}): give its authority with --ca"
            )
        if isinstance(cause, ssl.SSLError):
            return NotTls(
                f"{host} does not speak TLS: allow plain HTTP with --plain-http {host} if you "
                "trust the network"
            )
        if isinstance(cause, ConnectionRefusedError):
            return Unreachable(f"{host} can't be reached: nothing listens there")
    if isinstance(error, httpx2.ConnectError):
        return Unreachable(f"{host} can't be reached: {_plain(error)}")
    if isinstance(error, httpx2.NetworkError | httpx2.RemoteProtocolError):
        return Unreachable(f"The connection to {host} broke before the answer was complete")
    return BadAnswer(f"{host} sent something that is not HTTP")


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
