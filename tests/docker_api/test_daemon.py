"""A client of the Docker API, against a stand-in."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from tests.image.making import file, files_as_tar, layout, tar

from reimage.docker_api.daemon import Daemon, connect
from reimage.docker_api.errors import NoDaemon, NotThere, Refused
from reimage.image.errors import Damaged


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@contextmanager
def answering(folder: Path, answers: dict[str, tuple[int, bytes]]) -> Iterator[Daemon]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, data = answers.get(self.path, (404, b'{"message":"No such image: x"}'))
            self.send_response(status)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            if status == 200 and data == b"break":
                self.wfile.write(b"10\r\nabc")
            else:
                self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data))
            self.close_connection = True

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    path = folder / "socket"
    with _Server(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Daemon(f"unix://{path}")
        finally:
            server.shutdown()
            thread.join()


def test_nobody_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoDaemon, match="cannot be reached"):
        Daemon(f"unix://{tmp_path}/none").inspect("x")


def test_an_address_of_something_else_is_refused() -> None:
    with pytest.raises(NoDaemon, match="not an address of a Docker daemon"):
        Daemon("ftp://example.org")


def test_an_unknown_image_is_told_apart(tmp_path: Path) -> None:
    with answering(tmp_path, {}) as daemon, pytest.raises(NotThere, match="No such image: x"):
        daemon.inspect("x")


def test_an_error_of_the_daemon_is_passed_on(tmp_path: Path) -> None:
    answers = {"/images/x/json": (500, b'{"message":"disk on fire"}')}
    with answering(tmp_path, answers) as daemon, pytest.raises(Refused, match="disk on fire"):
        daemon.inspect("x")


def test_something_else_that_answers_is_no_daemon(tmp_path: Path) -> None:
    answers = {"/images/x/json": (200, b"<html>")}
    with answering(tmp_path, answers) as daemon, pytest.raises(Refused, match="no Docker daemon"):
        daemon.inspect("x")


@pytest.mark.parametrize("name", ["", "../containers/x", "a b", "x?y", "-x", "a\r\nHost: b"])
def test_names_that_are_none_are_never_sent(name: str, tmp_path: Path) -> None:
    with answering(tmp_path, {}) as daemon, pytest.raises(Refused, match="is no name"):
        daemon.inspect(name)


def test_a_daemon_that_goes_away_is_said(tmp_path: Path) -> None:
    answers = {"/images/x:latest/get": (200, b"break")}
    with answering(tmp_path, answers) as daemon, pytest.raises((NoDaemon, Damaged)):
        daemon.image("x")


def test_images_are_read_while_they_come(tmp_path: Path) -> None:
    data = files_as_tar(layout(tar(file("a", b"x" * 5000))))
    with answering(tmp_path, {"/images/example.org/app:1/get": (200, data)}) as daemon:
        image = daemon.image("example.org/app:1")
    assert image.layers[0].content_size == 5000


def test_the_daemon_of_the_environment_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = json.dumps({"Id": "sha256:1", "Size": 7, "Os": "linux"}).encode()
    with answering(tmp_path, {"/images/x/json": (200, answer)}):
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/socket")
        assert connect().inspect("x").size == 7
