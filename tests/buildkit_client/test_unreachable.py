"""What listens is no builder, or says nothing: told soon, and nothing is left."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from tests.engine.buildkit.leftovers import nothing_is_left

from buildkit_client import NoBuilder, connect
from buildkit_client.transport.addresses import parse

SECONDS = 0.3
_PREFACE = b"PRI * HTTP/2.0"


class Listener:
    """A unix or TCP socket; `answer` is what each connection gets for what it sends first."""

    def __init__(self, listening: socket.socket, url: str) -> None:
        self._listening = listening
        self.url = url
        self._threads: list[threading.Thread] = []

    def serve(self, answer: Callable[[bytes], bytes | None]) -> None:
        thread = threading.Thread(target=self._accept, args=(answer,))
        thread.start()
        self._threads.append(thread)

    def _accept(self, answer: Callable[[bytes], bytes | None]) -> None:
        while True:
            try:
                accepted, _ = self._listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=_talk, args=(accepted, answer))
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join()


def _talk(accepted: socket.socket, answer: Callable[[bytes], bytes | None]) -> None:
    """Answers once; nothing as an answer is silence until the other side ends."""
    with accepted:
        try:
            said = answer(accepted.recv(65536))
            if said is None:
                while accepted.recv(65536):
                    pass
            else:
                accepted.sendall(said)
        except OSError:
            pass


@pytest.fixture(
    params=[
        "unix",
        pytest.param("tcp", marks=pytest.mark.slow),
        pytest.param("docker", marks=pytest.mark.slow),
    ]
)
def listener(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Listener]:
    """At a URL that may be anything's, and at one that is said to be Docker's."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="t-"))
        monkeypatch.setattr(tempfile, "tempdir", folder)
        if request.param == "tcp":
            listening = socket.create_server(("127.0.0.1", 0), backlog=4)
            url = f"tcp://127.0.0.1:{listening.getsockname()[1]}"
        else:
            listening = socket.socket(socket.AF_UNIX)
            listening.bind(f"{folder}/s")
            listening.listen(4)
            url = f"unix://{folder}/s"
        monkeypatch.delenv("BUILDKIT_HOST", raising=False)
        monkeypatch.setenv("DOCKER_HOST", url)
        found = Listener(listening, "" if request.param == "docker" else url)
        stack.callback(found.close)
        yield found


def refused(listener: Listener) -> str:
    """What is said, within the time that is given and a little more."""
    began = time.monotonic()
    with nothing_is_left(), pytest.raises(NoBuilder, match=r"cannot be reached: .") as caught:
        connect(listener.url, timeout=SECONDS)
    assert time.monotonic() - began < 4
    return str(caught.value)


def test_nobody_accepts(listener: Listener) -> None:
    said = refused(listener)
    assert "does not answer" in said or "within 0.3 seconds" in said


@pytest.mark.parametrize(
    "listener", ["unix", pytest.param("docker", marks=pytest.mark.slow)], indirect=True
)
def test_the_queue_of_the_socket_is_full(listener: Listener) -> None:
    """Of a unix socket; for TCP the kernel answers."""
    place = (listener.url or os.environ["DOCKER_HOST"]).removeprefix("unix://")
    with ExitStack() as stack:
        while True:
            waiting = stack.enter_context(socket.socket(socket.AF_UNIX))
            waiting.setblocking(False)
            try:
                waiting.connect(place)
            except BlockingIOError:
                break
        assert "temporarily unavailable" in refused(listener)


def test_a_server_that_says_nothing(listener: Listener) -> None:
    listener.serve(lambda _said: None)
    said = refused(listener)
    assert "does not answer" in said or "within 0.3 seconds" in said


def test_a_server_that_speaks_http_1(listener: Listener) -> None:
    listener.serve(lambda _said: b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    said = refused(listener)
    assert "404" in said or "within 0.3 seconds" in said


@pytest.mark.parametrize(
    "garbage", [b"", b"\0" * 100, b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.", b"\r\n\r\n"]
)
def test_a_server_that_says_something_else(listener: Listener, garbage: bytes) -> None:
    listener.serve(lambda _said: garbage)
    refused(listener)


def test_a_server_whose_http_2_is_broken(listener: Listener) -> None:
    """It upgrades, if it is asked to, and then sends what is no frame."""
    upgrade = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
    frame = b"\xff\xff\xff\x04\0\0\0\0\0"
    listener.serve(lambda said: frame if said.startswith(_PREFACE) else upgrade + frame)
    refused(listener)


def test_a_header_without_an_end_is_not_read_for_ever(listener: Listener) -> None:
    listener.serve(lambda _said: b"HTTP/1.1 200 OK\r\n" + b"x" * 200_000)
    refused(listener)


@pytest.mark.parametrize("url", ["unix:///s", "tcp://h:1"])
def test_nobody_waits_longer_than_five_seconds_for_it(url: str) -> None:
    assert parse(url, docker=True).patience < 5


def test_nobody_is_there(tmp_path: Path) -> None:
    with pytest.raises(NoBuilder, match=r"cannot be reached: No such file or directory$"):
        connect(f"unix://{tmp_path}/nobody", timeout=SECONDS)


@pytest.mark.parametrize(
    "said",
    [
        "docker: 'buildx' is not a docker command.\nSee 'docker --help'\n",
        "docker: 'buildx' is not a docker command.\n\nRun 'docker --help' for more information\n",
        "#0 booting\nERROR: docker: 'buildx' is not a docker command.\n",
    ],
)
def test_a_command_says_why_it_does_not_connect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    program = tmp_path / "docker"
    program.write_text(f'#!/bin/sh\ncat >&2 <<"END"\n{said}END\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(NoBuilder, match=r"reached: docker: 'buildx' is not a docker command\.$"):
        connect("buildx://x")
