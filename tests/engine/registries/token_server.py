"""A token server as docker-registry wants it: JSON web tokens, signed by an authority it knows."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

SERVICE, ISSUER = "test registry", "test tokens"


@dataclass
class TokenServer:
    """Tokens live for the first of `lifetimes` that is left, in seconds, then for five minutes."""

    key: Path
    certificate: Path
    ca: Path
    password: str
    address: str = ""
    lifetimes: list[int] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, Any]:
        """What docker-registry must know of this server."""
        told = {
            "realm": f"http://{self.address}/token",
            "service": SERVICE,
            "issuer": ISSUER,
            "rootcertbundle": str(self.ca),
        }
        return {"auth": {"token": told}}

    def token(self, scope: str) -> str:
        """Leave to pull what the scope names."""
        der = ssl.PEM_cert_to_DER_cert(self.certificate.read_text())
        header = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        now, life = int(time.time()), self.lifetimes.pop(0) if self.lifetimes else 300
        claims = {
            "iss": ISSUER,
            "aud": SERVICE,
            "sub": "bob",
            "nbf": now - 600,
            "iat": now - 600,
            "exp": now + life,
            "jti": str(len(self.scopes)),
            "access": [{"type": kind, "name": name, "actions": actions.split(",")}],
        }
        signed = f"{_packed(json.dumps(header).encode())}.{_packed(json.dumps(claims).encode())}"
        signature = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", self.key],
            input=signed.encode(),
            capture_output=True,
            check=True,
        ).stdout
        return f"{signed}.{_packed(signature)}"


def _packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class _Handler(BaseHTTPRequestHandler):
    tokens: TokenServer

    def do_GET(self) -> None:
        wanted = base64.b64encode(f"bob:{self.tokens.password}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {wanted}":
            self.send_response(401)
            self.end_headers()
            return
        (scope,) = parse_qs(urlsplit(self.path).query)["scope"]
        self.tokens.scopes.append(scope)
        body = json.dumps({"token": self.tokens.token(scope), "expires_in": 300}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@contextmanager
def serving_tokens(key: Path, certificate: Path, ca: Path, password: str) -> Iterator[TokenServer]:
    tokens = TokenServer(key, certificate, ca, password)
    handler = type("BoundHandler", (_Handler,), {"tokens": tokens})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        tokens.address = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield tokens
        finally:
            server.shutdown()
            thread.join()
