"""A proxy in this process: every host that it is asked for is the one that a test names."""

from __future__ import annotations

import http.client
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass
class FakeProxy:
    """`target` is `127.0.0.1:PORT`; `refusal` a status to answer in place of helping."""

    target: str
    refusal: int | None = None
    asked: list[str] = field(default_factory=list)
    sign_ins: list[str | None] = field(default_factory=list)
    address: str = ""


class _Handler(BaseHTTPRequestHandler):
    proxy: FakeProxy

    def _note(self, host: str) -> bool:
        self.proxy.asked.append(host)
        self.proxy.sign_ins.append(self.headers.get("Proxy-Authorization"))
        if self.proxy.refusal is not None:
            self.send_response(self.proxy.refusal)
            self.send_header("Content-Length", "0")
            self.end_headers()
        return self.proxy.refusal is None

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if not self._note(url.netloc):
            return
        connection = http.client.HTTPConnection(self.proxy.target, timeout=5)
        try:
            connection.request(self.command, f"{url.path}?{url.query}".rstrip("?"))
            answer = connection.getresponse()
            body = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        finally:
            connection.close()

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_CONNECT(self) -> None:
        if not self._note(self.path):
            return
        host, _, port = self.proxy.target.rpartition(":")
        with socket.create_connection((host, int(port)), 5) as other:
            self.send_response(200)
            self.end_headers()
            self.wfile.flush()
            _relay(self.connection, other)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Tests read `asked`."""


def _relay(one: socket.socket, other: socket.socket) -> None:
    while True:
        ready, _, _ = select.select([one, other], [], [], 5)
        if not ready:
            return
        for each in ready:
            data = each.recv(65536)
            if not data:
                return
            (other if each is one else one).sendall(data)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away."""


@contextmanager
def proxying(target: str, refusal: int | None = None) -> Iterator[FakeProxy]:
    """Serve on this machine; `address` is then `127.0.0.1:PORT`."""
    proxy = FakeProxy(target, refusal)
    handler = type("BoundHandler", (_Handler,), {"proxy": proxy})
    with _Server(("127.0.0.1", 0), handler) as server:
        proxy.address = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()
