"""Registries and mirrors that do not answer: nobody waits for one of them twice."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from tests.registry.conftest import Client, image
from tests.registry.fake_registry import FakeRegistry, Handler, serving

from reimage.model.images.answers import Resolved, Unresolved
from reimage.model.images.references import Reference
from reimage.registry.asking import ask
from reimage.registry.errors import NoConnection

PASSED_OVER = "was passed over, and the registry asked instead:"


@pytest.fixture
def deaf() -> Iterator[str]:
    """An address that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def full() -> Iterator[str]:
    """An address that takes no more connections, as if a firewall swallowed what is sent."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        port = server.getsockname()[1]
        waiting = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            waiting.append(one)
        yield f"127.0.0.1:{port}"
        for one in waiting:
            one.close()


def test_who_takes_no_connection_is_waited_for_once(full: str, client: Client) -> None:
    registry = client(connect=0.3, plain_http=frozenset((full,)))
    began = time.monotonic()
    answers = ask(registry, [Reference(full, f"app{number}", "1") for number in range(40)])
    assert time.monotonic() - began < 2
    assert set(answers.values()) == {
        Unresolved(f"{full} can't be reached: no connection within 0.3 s", True)
    }


def test_who_never_answers_is_waited_for_twice_at_most(deaf: str, client: Client) -> None:
    registry = client(one_request=0.3, plain_http=frozenset((deaf,)))
    began = time.monotonic()
    answers = ask(registry, [Reference(deaf, f"app{number}", "1") for number in range(40)])
    assert time.monotonic() - began < 3
    assert set(answers.values()) == {Unresolved(f"{deaf} takes longer than 0.3 s to answer", True)}


def test_a_name_that_nobody_knows_is_looked_up_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[str] = []

    def unknown(host: str, *rest: object, **more: object) -> None:
        looked_up.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    registry = client(connections=1)
    images = [Reference("gone.example.org", f"app{number}", "1") for number in range(20)]
    answers = ask(registry, images)
    assert set(answers.values()) == {
        Unresolved("gone.example.org can't be reached: no such host is known", True)
    }
    assert looked_up == ["gone.example.org"]


def test_without_a_network_the_sentence_says_so(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(host: str, *rest: object, **more: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    with pytest.raises(NoConnection) as error:
        client().resolve(Reference("docker.io", "library/python", "3.12"))
    assert str(error.value) == (
        "registry-1.docker.io can't be reached: names of hosts can't be looked up, as if there "
        "were no network"
    )


def test_others_are_answered_meanwhile(fake: FakeRegistry, deaf: str, client: Client) -> None:
    fake.add_image("app", "1")
    registry = client(one_request=1, connections=2, plain_http=frozenset((deaf,)))
    silent = [Reference(deaf, f"app{number}", "1") for number in range(40)]
    answers = ask(registry, [*silent, image(fake)])
    assert isinstance(answers[image(fake).tagged], Resolved)


def test_a_mirror_that_does_not_answer_is_told_about_and_not_asked_again(
    fake: FakeRegistry, client: Client
) -> None:
    for number in range(9):
        fake.add_image(f"app{number}", "1")
    registry = client(mirrors={fake.address: ("http://127.0.0.1:1/hub",)})
    answers = ask(registry, [image(fake, f"app{number}:1") for number in range(9)])
    assert all(isinstance(each, Resolved) for each in answers.values())
    assert list(registry.passed_over) == [
        f"The mirror 127.0.0.1:1 {PASSED_OVER} 127.0.0.1:1 can't be reached: nothing listens there."
    ]


def test_a_mirror_that_is_broken_is_told_about(fake: FakeRegistry, client: Client) -> None:
    fake.add_image("app", "1")
    with serving() as mirror:
        mirror.tricks.append(lambda handler: handler.answer(500))
        registry = client(mirrors={fake.address: (f"http://{mirror.address}",)})
        assert registry.resolve(image(fake))
        reason = f"{mirror.address} answers 500 (internal error) when asked for {image(fake)}"
        assert list(registry.passed_over) == [
            f"The mirror {mirror.address} {PASSED_OVER} {reason}."
        ]


def test_a_mirror_that_lacks_an_image_is_nothing_to_tell(
    fake: FakeRegistry, client: Client
) -> None:
    fake.add_image("app", "1")
    with serving() as mirror:
        registry = client(mirrors={fake.address: (f"http://{mirror.address}",)})
        assert registry.resolve(image(fake))
        assert registry.passed_over == ()


def test_a_token_server_that_answers_403_means_a_sign_in(
    fake: FakeRegistry, client: Client
) -> None:
    def trick(handler: Handler) -> bool:
        if handler.path.startswith("/token"):
            return handler.answer(403, b'{"errors":[{"code":"DENIED","message":"denied"}]}')
        realm = f'Bearer realm="http://{fake.address}/token",service="HOST"'
        return handler.answer(401, headers={"WWW-Authenticate": realm})

    fake.tricks.append(trick)
    with pytest.raises(Exception, match="shows app to nobody unknown: it does not exist, or needs"):
        client().resolve(image(fake))
