"""A builder that is there but does not answer is told from one that is slow."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from buildkit_client.calls import Calls
from buildkit_client.errors import BuilderGone, Cancelled
from buildkit_client.session import pulse
from buildkit_client.session.pulse import Pulse

Ask = Callable[[Callable[[], object]], grpc.Channel]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "INTERVAL", 0.05)
    monkeypatch.setattr(pulse, "PATIENCE", 0.3)


@pytest.fixture
def builder(tmp_path: Path) -> Iterator[Ask]:
    """A builder that does this when it is asked who it is."""
    server = grpc.server(ThreadPoolExecutor(4))
    channels: list[grpc.Channel] = []

    def serve(answer: Callable[[], object]) -> grpc.Channel:
        def info(_request: bytes, _context: object) -> bytes:
            answer()
            return b""

        method: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(info)
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("moby.buildkit.v1.Control", {"Info": method}),)
        )
        server.add_insecure_port(f"unix:{tmp_path}/s")
        server.start()
        channels.append(grpc.insecure_channel(f"unix:{tmp_path}/s"))
        return channels[0]

    yield serve
    for channel in channels:
        channel.close()
    server.stop(0).wait()


def test_a_builder_that_does_not_answer_is_given_up(builder: Ask) -> None:
    thaw, stopped = threading.Event(), threading.Event()
    beating = Pulse(builder(lambda: thaw.wait(10)), stopped.set)
    beating.start()
    assert stopped.wait(5)
    beating.close()
    thaw.set()


def test_a_builder_that_refuses_to_say_is_there(
    builder: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "PATIENCE", 30.0)  # however busy the machine is
    asked = threading.Semaphore(0)

    def refuse() -> None:
        asked.release()
        raise ValueError("of the builder")

    stopped = threading.Event()
    beating = Pulse(builder(refuse), stopped.set)
    beating.start()
    assert all(asked.acquire(timeout=5) for _ in range(3))
    beating.close()
    assert not stopped.is_set()


def test_other_signs_of_life_count(builder: Ask) -> None:
    thaw, stopped = threading.Event(), threading.Event()
    beating = Pulse(builder(lambda: thaw.wait(10)), stopped.set)
    beating.start()
    for _ in range(20):
        assert not stopped.wait(0.05)
        beating.heard()
    assert stopped.wait(5)
    beating.close()
    thaw.set()


def test_an_end_in_the_middle_of_a_question_gives_nothing_up(
    builder: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "PATIENCE", 30.0)
    asked, thaw, stopped = threading.Event(), threading.Event(), threading.Event()

    def answer() -> None:
        asked.set()
        thaw.wait(10)

    beating = Pulse(builder(answer), stopped.set)
    beating.start()
    assert asked.wait(5)
    beating.close()
    thaw.set()
    assert not stopped.is_set()


class _Call:
    """One that is cancelled, and says so as gRPC does."""

    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> bool:
        self.cancelled = True
        return True

    def result(self) -> None:
        if self.cancelled:
            raise grpc.FutureCancelledError


def _follow(calls: Calls, meanwhile: Callable[[_Call], object]) -> None:
    call = _Call()
    with calls.follow(call):
        meanwhile(call)
        call.result()


def test_a_call_that_somebody_cancels_is_not_given_up() -> None:
    with pytest.raises(Cancelled, match="stopped"):
        _follow(Calls(), _Call.cancel)


def test_calls_are_given_up_together_and_so_are_later_ones() -> None:
    calls = Calls()
    with pytest.raises(BuilderGone, match="does not answer any more"):
        _follow(calls, lambda _call: calls.give_up())
    with pytest.raises(BuilderGone, match="does not answer any more"):
        _follow(calls, lambda _call: None)
