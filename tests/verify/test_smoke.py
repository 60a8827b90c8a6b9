"""Smoke files, and what is concluded from what was seen."""

from __future__ import annotations

import socket
import subprocess
import threading
from pathlib import Path

import pytest
from tests.fixture_cases import APPS, ROOT

from reimage.verify.smoke import probe
from reimage.verify.smoke.judging import NOT_STARTED, Answer, Seen, differences, failures
from reimage.verify.smoke.plan import BadSmokeFile, Command, Request, SmokeTest
from reimage.verify.smoke.reading import read_plan
from reimage.verify.smoke.running import read_answer

UP = Seen(None, frozenset({80}))
HEALTHY = Seen(None, frozenset({80}), healthy=True)
SICK = Seen(None, frozenset({80}), healthy=False, said="ouch")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("timeout = -1", "timeout is a number of seconds, at most 600"),
        ("timeout = 100000", "timeout is a number"),
        ('timeout = "5"', "timeout is a number"),
        ("http = 3", "http is a list of tables"),
        ("http = [3]", "http is a list of tables"),
        ('[http]\nport = 80\npath = "/"', "http is a list of tables"),
        ('[[http]]\nport = 0\npath = "/"', "port is a whole number from 1 to 65535"),
        ("[[http]]\nport = 80", r"\[\[http\]\] lacks path"),
        ('[[http]]\nport = 80\npath = "/"\nexpcet = "ok"', "has no key 'expcet', but port, path"),
        ('[[htpp]]\nport = 80\npath = "/"', "it has no key 'htpp', but timeout, env, http"),
        ('[[http]]\nport = 80\npath = "/\\r\\nHost: x"', "a path begins with /"),
        ('[run]\nargs = "sh"', "args is a list of words"),
        ('[run]\nargs = ["sh"]\nexpect = 3', "expect is a text"),
        ('[run]\nargs = ["sh"]\nexit = true', "exit is a whole number"),
        ("[run]", r"\[run\] lacks args"),
        ("run = 1", "run is a table"),
        ('[env]\nA = ["b"]', "A is a text"),
        ("env = 1", "env is a table"),
        ("structure-test = 1", "structure-test is a text"),
        ("not toml", ""),
    ],
)
def test_what_is_no_smoke_file_is_refused(text: str, told: str) -> None:
    with pytest.raises(BadSmokeFile, match=rf"^smoke\.toml is no smoke file: .*{told}"):
        read_plan(text, "smoke.toml")


@pytest.mark.parametrize("path", sorted((ROOT / APPS).glob("*/smoke.toml")), ids=str)
def test_every_application_has_one_that_expects_something(path: Path) -> None:
    assert read_plan(path.read_text("utf-8"), path.name).expects


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (UP, Seen(1, said="boom"), "ends with code 1 instead of running on (it said: 'boom')"),
        (UP, Seen(None), "nothing listens on port 80"),
        (HEALTHY, SICK, "the health check of the image fails (it said: 'ouch')"),
        (Seen(0), UP, "keeps running instead of ending with code 0"),
        (Seen(0), Seen(NOT_STARTED), "ends with code 127"),
        (Seen(0, output="one"), Seen(0, output="two"), "prints 'two' instead of 'one'"),
    ],
)
def test_by_default_the_command_does_what_it_did(before: Seen, after: Seen, told: str) -> None:
    (sentence,) = differences(SmokeTest(), before, after)
    assert told in sentence


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (UP, UP),
        (SICK, SICK),
        (SICK, HEALTHY),
        (UP, Seen(None, frozenset({80, 81}), said="something else")),
        (Seen(0, output="at 12:30:01, pid 7"), Seen(0, output="at 12:31:59, pid 12")),
    ],
)
def test_more_ports_and_other_times_are_no_difference(before: Seen, after: Seen) -> None:
    assert differences(SmokeTest(), before, after) == []


def test_answers_are_to_hold_what_is_expected_with_the_same_status() -> None:
    test = SmokeTest(http=(Request(80, "/a", "ok"),))
    right = Seen(None, answers=(Answer(200, "all ok"),))
    assert failures(test, right) == []
    assert differences(test, right, right) == []
    (told,) = differences(test, right, Seen(None, answers=(Answer(200, "no"),)))
    assert told == "http://localhost:80/a answers 'no', without 'ok'"
    (told,) = differences(test, right, Seen(3, answers=(Answer(0, ""),), said="why"))
    assert told.startswith("nobody answers at http://localhost:80/a: the command ended with code 3")
    (told,) = differences(test, right, Seen(None, answers=(Answer(201, "ok"),)))
    assert told == "/a answers with 201 instead of 200"


def test_a_run_is_to_end_with_its_code_and_words() -> None:
    test = SmokeTest(run=Command(("--version",), "1.2", 0))
    assert failures(test, Seen(0, output="v1.2.3")) == []
    assert "without '1.2'" in failures(test, Seen(0, output="v2"))[0]
    assert "instead of 0" in failures(test, Seen(4))[0]
    assert "keeps running" in failures(test, Seen(None))[0]


def test_a_command_of_the_users_only_has_to_do_the_same() -> None:
    test = SmokeTest(run=Command(("app", "check"), whole=True, exit=None))
    assert differences(test, Seen(4, output="x"), Seen(4, output="x")) == []
    assert differences(test, Seen(0), Seen(4))


def test_answers_of_http_are_read_as_they_come() -> None:
    assert read_answer(b"HTTP/1.1 204 No Content\r\nA: b\r\n\r\n") == Answer(204, "")
    assert read_answer(b"") == Answer(0, "")
    assert read_answer(b"SSH-2.0 nonsense\r\n") == Answer(0, "")


def test_the_table_of_the_kernel_names_the_ports() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert port in probe.listening(Path("/proc/net/tcp").read_bytes())
    assert probe.listening(b"  sl  local_address rem_address   st\n") == frozenset()


def test_the_probe_asks_and_gives_the_answer(tmp_path: Path) -> None:
    probe.write_contexts(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                assert connection.recv(1000).startswith(b"GET /x HTTP/1.0\r\nHost: localhost:")
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + b"y" * 100_000)

        thread = threading.Thread(target=answer)
        thread.start()
        done = _probe(tmp_path, *probe.ask(3)[1:], stdin=probe.question(port, "/x"))
        thread.join()
    assert read_answer(done) == Answer(200, "y" * 100_000)
    assert _probe(tmp_path, *probe.ask(2)[1:], stdin=probe.question(port, "/x")) == b""


def test_the_probe_gives_files_and_never_fails(tmp_path: Path) -> None:
    probe.write_contexts(tmp_path)
    (tmp_path / "some").write_bytes(b"text")
    assert _probe(tmp_path, "file", str(tmp_path / "some")) == b"text"
    assert _probe(tmp_path, "file", str(tmp_path / "none")) == b""
    assert _probe(tmp_path) == b""


def _probe(folder: Path, *args: str, stdin: bytes = b"") -> bytes:
    program = [str(folder / "context/probe"), *args]
    return subprocess.run(program, input=stdin, capture_output=True, check=True, timeout=20).stdout
