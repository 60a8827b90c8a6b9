"""The HTTP client: which authorities it trusts, and which proxies it goes through."""

from __future__ import annotations

import ssl
from functools import lru_cache
from pathlib import Path

import httpcore2
import httpx2

from reimage.registry.deadlines import Deadline, LimitedNetwork
from reimage.registry.errors import Unreachable
from reimage.registry.settings import Settings

_THIS_MACHINE = ("localhost", "*.localhost", "127.0.0.1", "[::1]")
"""No proxy is asked for what is here, whatever the environment says: as Docker does it."""


def open_client(settings: Settings, deadline: Deadline) -> httpx2.Client:
    """A client that honours HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.

    Raises Unreachable for a file of authorities or a proxy that can't be used.
    """
    try:
        client = httpx2.Client(
            verify=_tls(settings.ca),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=64),
            timeout=httpx2.Timeout(settings.one_request, connect=settings.connect),
            headers={"User-Agent": "reimage", "Accept-Encoding": "identity"},
            mounts={f"all://{host}": None for host in _THIS_MACHINE},
        )
    except (ImportError, ValueError, httpx2.InvalidURL) as error:
        raise Unreachable(
            "The proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names can't be used: only "
            "http:// and https:// addresses can"
        ) from error
    # httpx2 has no public way to hand in a network; proxies have transports of their own.
    for transport in (client._transport, *client._mounts.values()):
        if isinstance(transport, httpx2.HTTPTransport):
            transport._pool._network_backend = LimitedNetwork(deadline)
    return client


def proxy_of(client: httpx2.Client, url: str) -> str:
    """The host of the proxy on the way to `url`, its password left out; "" for none."""
    try:
        transport = client._transport_for_url(httpx2.URL(url))
    except httpx2.InvalidURL:
        return ""
    pool = transport._pool if isinstance(transport, httpx2.HTTPTransport) else None
    if not isinstance(pool, httpcore2.HTTPProxy):
        return ""
    port = f":{pool._proxy_url.port}" if pool._proxy_url.port else ""
    return pool._proxy_url.host.decode("ascii", "replace") + port


@lru_cache(maxsize=4)
def _tls(ca: Path | None) -> ssl.SSLContext:
    """The system's authorities and those in `ca`, read once: that takes longer than a request."""
    context = httpx2.create_ssl_context()
    if ca is not None:
        try:
            context.load_verify_locations(cafile=ca)
        except (OSError, ssl.SSLError) as error:
            reason = "does not exist" if isinstance(error, FileNotFoundError) else "holds none"
            raise Unreachable(f"No certificates can be read: {ca} {reason}") from error
    return context
