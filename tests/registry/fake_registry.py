"""A registry in this process that can be as bad as a test wants it."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
Trick = Callable[["Handler"], bool]
"""Answers a request in its own way and says True, or leaves it alone."""


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass
class FakeRegistry:
    """`manifests` by repository and by tag or digest; `tricks` are tried first, in order."""

    manifests: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    tricks: list[Trick] = field(default_factory=list)
    serves_every_name: bool = False
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    address: str = ""

    def asked(self) -> Counter[str]:
        """How often each path was asked for."""
        return Counter(path for _, path, _ in self.requests)

    def add_blob(self, content: bytes) -> dict[str, Any]:
        self.blobs[digest_of(content)] = content
        return {"mediaType": "application/x", "digest": digest_of(content), "size": len(content)}

    def add_manifest(self, repository: str, tag: str, body: dict[str, Any]) -> dict[str, Any]:
        """A manifest or an index under its tag and its digest; the descriptor of it."""
        content = json.dumps(body).encode()
        entry = (body["mediaType"], content)
        digest = digest_of(content)
        self.manifests[repository, digest] = entry
        if tag:
            self.manifests[repository, tag] = entry
        return {"mediaType": entry[0], "digest": digest, "size": len(content)}

    def add_image(
        self, repository: str, tag: str, config: dict[str, Any] | None = None, layers: int = 1
    ) -> dict[str, Any]:
        """One image, and its configuration and layers."""
        body = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.add_blob(json.dumps(config or {}).encode()),
            "layers": [self.add_blob(b"layer %d" % number * 100) for number in range(layers)],
        }
        return self.add_manifest(repository, tag, body)

    def add_index(
        self, repository: str, tag: str, platforms: list[str], **more: Any
    ) -> dict[str, Any]:
        """An index with an image for each platform."""
        manifests = []
        for platform in platforms:
            system, architecture, *variant = platform.split("/")
            one = self.add_image(repository, "", {"architecture": architecture, **more})
            one["platform"] = {"os": system, "architecture": architecture}
            if variant:
                one["platform"]["variant"] = variant[0]
            manifests.append(one)
        body = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
        return self.add_manifest(repository, tag, body)

    def manifest(self, repository: str, name: str) -> tuple[str, bytes] | None:
        found = self.manifests.get((repository, name))
        if found is None and self.serves_every_name and ":" not in name:
            body = {
                "schemaVersion": 2,
                "mediaType": INDEX,
                "manifests": [],
                "of": [repository, name],
            }
            self.add_manifest(repository, name, body)
            return self.manifests[repository, name]
        return found


class Handler(BaseHTTPRequestHandler):
    """Routes of the distribution specification."""

    protocol_version = "HTTP/1.1"
    registry: FakeRegistry

    def __getattr__(self, name: str) -> object:
        if name in ("do_GET", "do_HEAD", "do_POST"):
            return self._handle
        raise AttributeError(name)

    def _handle(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(headers.get("content-length", "0"))
        self.form = parse_qs(self.rfile.read(length).decode()) if length else {}
        self.registry.requests.append((self.command, self.path, headers))
        if not any(trick(self) for trick in self.registry.tricks):
            self._route(urlsplit(self.path).path)

    def _route(self, path: str) -> None:
        repository, _, rest = path.removeprefix("/v2/").rpartition("/")
        repository, _, kind = repository.rpartition("/")
        if path == "/v2/":
            self.answer(200, b"{}")
        elif kind == "manifests" and (found := self.registry.manifest(repository, rest)):
            media_type, content = found
            told = {"Content-Type": media_type, "Docker-Content-Digest": digest_of(content)}
            self.answer(200, content, told)
        elif kind == "blobs" and rest in self.registry.blobs:
            self._blob(self.registry.blobs[rest])
        elif kind == "tags":
            names = [tag for name, tag in self.registry.manifests if name == repository]
            tags = sorted(name for name in names if ":" not in name)
            self.answer(200, json.dumps({"name": repository, "tags": tags}).encode())
        else:
            self.answer(404, b'{"errors":[{"code":"NAME_UNKNOWN"}]}')

    def _blob(self, content: bytes) -> None:
        wanted = self.headers.get("Range", "")
        if wanted:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            self.answer(206, content[int(first) : int(last) + 1])
        else:
            self.answer(200, content)

    def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> bool:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        return True

    def log_message(self, format: str, *args: object) -> None:
        """Tests read `requests`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is what some tests are about."""


@contextmanager
def serving(registry: FakeRegistry | None = None) -> Iterator[FakeRegistry]:
    """Serve over plain HTTP on this machine; `address` is then `127.0.0.1:PORT`."""
    registry = registry or FakeRegistry()
    handler = type("BoundHandler", (Handler,), {"registry": registry})
    with _Server(("127.0.0.1", 0), handler) as server:
        registry.address = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield registry
        finally:
            server.shutdown()
            thread.join()


def wants_password(username: str, password: str) -> Trick:
    """Basic authentication."""
    packed = base64.b64encode(f"{username}:{password}".encode()).decode()

    def trick(handler: Handler) -> bool:
        if handler.headers.get("Authorization") == f"Basic {packed}":
            return False
        return handler.answer(401, headers={"WWW-Authenticate": 'Basic realm="a registry"'})

    return trick


@dataclass
class Tokens:
    """A token server on the same address: `/token`. A token works `uses` times."""

    uses: int = 1_000_000
    password: str | None = None
    identity_token: str | None = None
    made: int = 0
    valid: dict[str, int] = field(default_factory=dict)
    scopes: list[str] = field(default_factory=list)

    def __call__(self, handler: Handler) -> bool:
        if handler.path.startswith("/token"):
            return self._hand_out(handler)
        token = (handler.headers.get("Authorization") or "").removeprefix("Bearer ")
        if self.valid.get(token, 0) > 0:
            self.valid[token] -= 1
            return False
        realm = f"http://{handler.registry.address}/token"
        repository = handler.path.removeprefix("/v2/").rsplit("/", 2)[0]
        challenge = f'Bearer realm="{realm}",service="fake",scope="repository:{repository}:pull"'
        return handler.answer(401, headers={"WWW-Authenticate": challenge})

    def _hand_out(self, handler: Handler) -> bool:
        asked = handler.form or parse_qs(urlsplit(handler.path).query)
        self.scopes += asked.get("scope", [])
        if self.identity_token and asked.get("refresh_token") != [self.identity_token]:
            return handler.answer(401)
        if self.password and handler.headers.get("Authorization") != self.password:
            return handler.answer(401)
        self.made += 1
        token = f"token-{self.made}"
        self.valid[token] = self.uses
        return handler.answer(200, json.dumps({"token": token, "expires_in": 300}).encode())
