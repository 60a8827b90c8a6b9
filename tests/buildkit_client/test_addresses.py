"""Addresses of builders, and which one is chosen."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from pathlib import Path

import pytest
from tests.no_builders import forget_builders

from buildkit_client import BadRequest, NoBuilder, connect
from buildkit_client.transport.addresses import parse
from buildkit_client.transport.discovery import discover
from buildkit_client.transport.hijack import NotDockerd, upgrade


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_builders(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    "url", ["", "x", "/run/x.sock", "http://h", "tcp://h", "tcp://h:x", "buildx://", "buildx://-x"]
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(BadRequest):
        parse(url)


def test_a_builder_of_its_own_is_reached_by_grpc() -> None:
    assert parse("tcp://h:1234").target == "h:1234"
    assert parse("tcp://h:2376", docker=True).dial is not None


def test_a_program_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoBuilder, match="'docker', which is not here"):
        parse("buildx://x")


def test_nobody_at_the_socket(tmp_path: Path) -> None:
    with pytest.raises(NoBuilder, match="No such file"):
        connect(f"unix://{tmp_path}/none.sock")


def test_no_builder_anywhere_is_one_sentence_with_what_to_do() -> None:
    with pytest.raises(NoBuilder, match="set BUILDKIT_HOST or DOCKER_HOST"):
        discover({})


def test_the_environment_goes_first(tmp_path: Path) -> None:
    (tmp_path / "docker.sock").touch()
    both = {"BUILDKIT_HOST": "tcp://b:1", "DOCKER_HOST": "tcp://d:1"}
    found = discover(both)
    assert (found.address.url, found.reason) == ("tcp://b:1", "$BUILDKIT_HOST names it")
    del both["BUILDKIT_HOST"]
    found = discover(both)
    assert (found.address.url, found.reason) == ("tcp://d:1", "$DOCKER_HOST names it")
    assert discover({}).reason == "Docker's socket is there"


def test_the_docker_context_in_use(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"currentContext": "far"}')
    with pytest.raises(NoBuilder, match="'far' cannot be read"):
        discover({})
    meta = tmp_path / "contexts" / "meta" / hashlib.sha256(b"far").hexdigest() / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Endpoints": {"docker": {"Host": "tcp://far:2376"}}}))
    found = discover({})
    assert found.address.url == "tcp://far:2376"
    assert found.reason == "the Docker context 'far' is in use"


def serve(far: socket.socket, answer: bytes) -> None:
    with far:
        far.recv(1000)
        far.sendall(answer)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(b"HTTP/1.1 500 Oops\r\n\r\n", ConnectionError, id="an API without BuildKit"),
        pytest.param(b"\0\0\x12\x04\0\0\0\0\0", NotDockerd, id="HTTP/2"),
        pytest.param(b"", NotDockerd, id="nothing"),
    ],
)
def test_what_is_not_the_docker_api(answer: bytes, error: type[Exception]) -> None:
    near, far = socket.socketpair()
    threading.Thread(target=serve, args=(far, answer)).start()
    with near, pytest.raises(error):
        upgrade(near)


def test_what_follows_the_answer_is_left_in_the_socket() -> None:
    near, far = socket.socketpair()
    answer = b"HTTP/1.1 101 UPGRADED\r\nUpgrade: h2c\r\n\r\nsurplus"
    threading.Thread(target=serve, args=(far, answer)).start()
    with near:
        assert upgrade(near).recv(100) == b"surplus"
