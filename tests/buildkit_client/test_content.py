"""Blobs that several builds send into one layout, in whatever order their messages come."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path
from queue import SimpleQueue

import grpc
import pytest
from tests.buildkit_client.fake_builder import FakeBuilder, ask, converse

from buildkit_client import messages
from buildkit_client.channel import CONTENT
from buildkit_client.session import content
from buildkit_client.session.services import Failures
from buildkit_client.session.tunnel import Session

HEADER = ("buildkit-attachable-store-id", "export")
STAT, WRITE, COMMIT = 0, 1, 2
DATA = b"first half, second half"
Start = Callable[[], grpc.Channel]


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


DIGEST = digest_of(DATA)


@pytest.fixture
def known() -> set[str]:
    return set()


@pytest.fixture
def failures() -> Failures:
    return Failures()


@pytest.fixture
def start(tmp_path: Path, known: set[str], failures: Failures) -> Iterator[Start]:
    """Begins one more build that sends into the layout."""
    store = content.Store(tmp_path / "store", known)
    with ExitStack() as stack:
        numbers = count()

        def begin() -> grpc.Channel:
            folder = tmp_path / f"builder{next(numbers)}"
            folder.mkdir()
            builder = stack.enter_context(FakeBuilder(folder))
            served = content.serve({"export": store}, failures)
            stack.enter_context(Session(builder.channel, [served], shared_key="k", name="n"))
            return builder.wait_for_session()

        yield begin


class Sending:
    """One blob, message by message, as BuildKit's exporter sends it."""

    def __init__(self, channel: grpc.Channel, data: bytes = DATA, *, expected: str = "") -> None:
        self._sent: SimpleQueue[bytes | None] = SimpleQueue()
        self._data = data
        self._expected = expected or digest_of(data)
        waiting: Callable[[], bytes | None] = self._sent.get
        method: grpc.StreamStreamMultiCallable[bytes, bytes]
        method = channel.stream_stream(CONTENT + "Write")
        self._call = method(iter(waiting, None), metadata=(HEADER,), timeout=20)

    def begin(self) -> Sending:
        self._say(action=STAT, expected=self._expected, total=len(self._data))
        return self

    def write(self, start: int, end: int) -> int:
        """How much is there then."""
        self._say(action=WRITE, offset=start, data=self._data[start:end])
        return self.answer().offset

    def commit(self) -> str:
        """What came, as the other side says."""
        self._say(action=COMMIT, offset=len(self._data), expected=self._expected)
        digest = self.answer().digest
        assert not list(self._call)  # the end, after which nothing is left open
        return digest

    def whole(self) -> str:
        self.write(0, len(self._data))
        return self.commit()

    def _say(self, **message: object) -> None:
        request = messages.WriteContentRequest(ref="r", **message)  # type: ignore[arg-type]
        self._sent.put(request.SerializeToString())

    def answer(self) -> messages.WriteContentResponse:
        return messages.WriteContentResponse.FromString(next(self._call))

    def answers_soon(self) -> bool:
        """Whether there is an answer within a moment; one that comes is taken."""
        done = threading.Event()

        def take() -> None:
            with suppress(grpc.RpcError):
                self.answer()
            done.set()

        threading.Thread(target=take, daemon=True).start()
        return done.wait(0.5)

    def is_refused_as_here(self) -> bool:
        with pytest.raises(grpc.RpcError) as error:
            self.answer()
        return error.value.code() is grpc.StatusCode.ALREADY_EXISTS

    def break_off(self) -> None:
        self._call.cancel()


def blob(tmp_path: Path) -> Path:
    return content.blob_path(tmp_path / "store", DIGEST)


def leftovers(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "store").glob(".partial-*"))


def test_who_sends_the_same_blob_waits_and_need_not_send_it(start: Start, tmp_path: Path) -> None:
    first = Sending(start()).begin()
    first.answer()
    second = Sending(start()).begin()
    assert first.write(0, 11) == 11
    assert not blob(tmp_path).exists()
    assert first.write(11, len(DATA)) == len(DATA)
    assert first.commit() == DIGEST
    assert second.is_refused_as_here()
    assert blob(tmp_path).read_bytes() == DATA
    assert leftovers(tmp_path) == []


def test_who_waits_is_not_answered_before_the_other_one_is_done(start: Start) -> None:
    first = Sending(start()).begin()
    first.answer()
    second = Sending(start()).begin()
    assert not second.answers_soon()
    first.whole()


def test_who_waits_sends_it_where_the_other_one_breaks_off(start: Start, tmp_path: Path) -> None:
    first = Sending(start()).begin()
    first.answer()
    first.write(0, 11)
    second = Sending(start()).begin()
    first.break_off()
    second.answer()
    assert second.whole() == DIGEST
    assert blob(tmp_path).read_bytes() == DATA
    assert leftovers(tmp_path) == []


def test_who_breaks_off_while_waiting_leaves_the_others_alone(start: Start, tmp_path: Path) -> None:
    first = Sending(start()).begin()
    first.answer()
    second = Sending(start()).begin()
    third = Sending(start()).begin()
    second.break_off()
    first.write(0, 11)
    first.break_off()
    third.answer()
    assert third.whole() == DIGEST
    assert blob(tmp_path).read_bytes() == DATA


def test_one_build_may_send_a_layer_twice_at_once(start: Start) -> None:
    channel = start()
    first = Sending(channel).begin()
    first.answer()
    second = Sending(channel).begin()
    first.whole()
    assert second.is_refused_as_here()


def test_different_blobs_do_not_wait_for_one_another(start: Start, tmp_path: Path) -> None:
    first = Sending(start()).begin()
    first.answer()
    other = Sending(start(), b"other").begin()
    other.answer()
    assert other.whole() == digest_of(b"other")
    assert first.whole() == DIGEST


def test_what_appears_while_it_is_sent_does_not_end_the_build_of_who_sends(
    start: Start, tmp_path: Path, known: set[str], failures: Failures
) -> None:
    sending = Sending(start()).begin()
    sending.answer()
    sending.write(0, 11)
    blob(tmp_path).write_bytes(DATA)  # another process
    known.add(DIGEST)
    assert sending.write(11, len(DATA)) == len(DATA)
    assert sending.commit() == DIGEST
    assert failures.first is None
    assert leftovers(tmp_path) == []


def test_what_is_known_is_not_taken_and_nobody_can_read_it(
    start: Start, tmp_path: Path, known: set[str]
) -> None:
    known.add(DIGEST)
    channel = start()
    assert Sending(channel).begin().is_refused_as_here()
    for method, request in (
        ("Info", messages.ContentInfoRequest(digest=DIGEST)),
        ("Read", messages.ReadContentRequest(digest=DIGEST)),
    ):
        with pytest.raises(grpc.RpcError, match="NOT_FOUND"):
            ask(channel, CONTENT + method, request.SerializeToString(), HEADER)
    known.clear()
    sending = Sending(channel).begin()
    sending.answer()
    assert sending.whole() == DIGEST
    assert blob(tmp_path).exists()


def test_a_blob_that_is_not_what_was_announced_lets_the_next_one_in(
    start: Start, tmp_path: Path
) -> None:
    wrong = Sending(start(), b"x" * len(DATA), expected=DIGEST).begin()
    wrong.answer()
    right = Sending(start()).begin()
    with pytest.raises(grpc.RpcError, match="FAILED_PRECONDITION"):
        wrong.whole()
    right.answer()
    assert right.whole() == DIGEST
    assert blob(tmp_path).read_bytes() == DATA


def test_a_blob_may_come_in_one_message(start: Start, tmp_path: Path) -> None:
    request = messages.WriteContentRequest(action=COMMIT, expected=DIGEST, data=DATA)
    sent = iter([request.SerializeToString()])
    (answer,) = converse(start(), CONTENT + "Write", sent, HEADER)
    assert messages.WriteContentResponse.FromString(answer).digest == DIGEST
    assert blob(tmp_path).read_bytes() == DATA
