"""What happens to files of this side while a build reads or writes them."""

from __future__ import annotations

import hashlib
import os
import resource
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

import grpc
import pytest
from tests.buildkit_client.fake_builder import FakeBuilder, converse, fetch

from buildkit_client import BadRequest, BuildRequest, OciDirectory, layouts, messages, stores
from buildkit_client.attributes import sources
from buildkit_client.channel import CONTENT
from buildkit_client.errors import ExportFailed
from buildkit_client.freshness import shared_key
from buildkit_client.session import content
from buildkit_client.session.http2 import Connection
from buildkit_client.session.services import Failures
from buildkit_client.session.streams import Stream
from buildkit_client.session.trees import Directory
from buildkit_client.session.tunnel import Session

if TYPE_CHECKING:
    from _typeshed import StrPath

BLOB = b"x" * 100_000
DIGEST = f"sha256:{hashlib.sha256(BLOB).hexdigest()}"
STORE = ("buildkit-attachable-store-id", "export")
STAT, WRITE, COMMIT = 0, 1, 2


class Writer:
    """A builder that writes the blob, message by message."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._sent: SimpleQueue[bytes | None] = SimpleQueue()
        asked = iter(self._sent.get, None)
        self._answers = converse(channel, CONTENT + "Write", asked, STORE, timeout=10)

    def send(self, action: int, *, offset: int = 0, data: bytes = b"") -> int:
        """How much is there, by the answer."""
        expected = "" if data else DIGEST
        request = messages.WriteContentRequest(
            action=action, ref="r", expected=expected, offset=offset, data=data
        )
        self._sent.put(request.SerializeToString())
        return messages.WriteContentResponse.FromString(next(self._answers)).offset

    def end(self) -> None:
        self._sent.put(None)
        assert not list(self._answers)


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    return tmp_path / "layout"


@pytest.fixture
def failures() -> Failures:
    return Failures()


@pytest.fixture
def channel(tmp_path: Path, layout: Path, failures: Failures) -> Iterator[grpc.Channel]:
    """To a session that offers the layout."""
    services = [content.serve({"export": content.Store(layout)}, failures)]
    with (
        FakeBuilder(tmp_path) as builder,
        Session(builder.channel, services, shared_key="key", name="name"),
    ):
        yield builder.wait_for_session()


def test_a_blob_that_comes_between_two_steps_of_ours(
    channel: grpc.Channel, layout: Path, failures: Failures, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def link_second(source: StrPath, target: StrPath) -> None:
        Path(target).write_bytes(BLOB)
        link(source, target)

    monkeypatch.setattr(os, "link", link_second)
    writer = Writer(channel)
    writer.send(WRITE, data=BLOB)
    assert writer.send(COMMIT, offset=len(BLOB)) == len(BLOB)
    writer.end()
    assert failures.first is None
    assert os.listdir(layout / "blobs" / "sha256") == [DIGEST.removeprefix("sha256:")]


def test_a_disk_that_is_full_when_a_blob_is_closed_keeps_nothing_of_it(
    channel: grpc.Channel, layout: Path, failures: Failures
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    writer = Writer(channel)
    writer.send(WRITE, data=BLOB[:3000])  # which are still in the buffer of the file
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(grpc.RpcError, match="File too large"):
            writer.send(COMMIT, offset=3000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert isinstance(failures.first, ExportFailed)  # and with it its traceback
    assert os.listdir(layout) == ["blobs"]


@pytest.mark.parametrize("left", [0, 40_000])
def test_a_blob_that_is_cut_short_while_it_is_sent(
    channel: grpc.Channel, layout: Path, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    place = content.blob_path(layout, DIGEST)
    place.parent.mkdir(parents=True)
    place.write_bytes(BLOB)
    monkeypatch.setattr(content, "_CHUNK", 40_000)
    seek = messages.ReadContentRequest(digest=DIGEST)
    measure = os.fstat

    def cut(handle: int) -> os.stat_result:
        found = measure(handle)
        if found.st_size == len(BLOB):
            os.truncate(place, left)
        return found

    monkeypatch.setattr(os, "fstat", cut)
    with pytest.raises(grpc.RpcError, match="cut short"):
        list(fetch(channel, CONTENT + "Read", seek.SerializeToString(), STORE))


def test_a_blob_that_is_removed_while_it_is_sent_is_sent(
    channel: grpc.Channel, layout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = content.blob_path(layout, DIGEST)
    place.parent.mkdir(parents=True)
    place.write_bytes(BLOB)
    measure = os.fstat

    def remove(handle: int) -> os.stat_result:
        place.unlink(missing_ok=True)
        return measure(handle)

    monkeypatch.setattr(os, "fstat", remove)
    asked = messages.ReadContentRequest(digest=DIGEST).SerializeToString()
    pieces = fetch(channel, CONTENT + "Read", asked, STORE)
    assert b"".join(messages.ReadContentResponse.FromString(it).data for it in pieces) == BLOB


def test_images_that_are_added_at_once_are_all_in_the_index(layout: Path) -> None:
    layout.mkdir()

    def put(number: int) -> None:
        layouts.put(layout, {"digest": f"sha256:{number:064}"}, f"tag{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(40)))
    assert [layouts.digest_of(layout, f"tag{number}")[-2:] for number in range(40)] == [
        f"{number:02}" for number in range(40)
    ]
    assert sorted(os.listdir(layout)) == ["index.json", "oci-layout"]


def test_an_index_that_cannot_be_read_is_not_replaced(layout: Path) -> None:
    layout.mkdir()
    (layout / "index.json").write_text('{"manifests": [')
    request = BuildRequest(dockerfile=b"FROM scratch\n", outputs=(OciDirectory(path=layout),))
    with pytest.raises(BadRequest, match=r"index\.json cannot be read"):
        stores.stores(request, sources(request))
    with pytest.raises(BadRequest, match=r"index\.json cannot be read"):
        layouts.put(layout, {"digest": DIGEST}, "latest")
    assert (layout / "index.json").read_text() == '{"manifests": ['


def test_an_index_that_cannot_be_written_is_told(layout: Path) -> None:
    request = BuildRequest(dockerfile=b"FROM scratch\n", outputs=(OciDirectory(path=layout),))
    answer = {"containerimage.descriptor": "e30="}
    with pytest.raises(ExportFailed, match=r"the index of .* cannot be written: No such file"):
        stores.finish(request, answer)


def test_an_index_of_a_full_disk_leaves_nothing(
    layout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout.mkdir()
    layouts.put(layout, {"digest": DIGEST}, "before")
    before = (layout / "index.json").read_bytes()

    def full(_name: StrPath, _mode: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "chmod", full)
    with pytest.raises(OSError, match="No space"):
        layouts.put(layout, {"digest": DIGEST}, "after")
    assert (layout / "index.json").read_bytes() == before
    assert sorted(os.listdir(layout)) == ["index.json", "oci-layout"]


def test_what_two_builds_have_seen_is_remembered_of_both(tmp_path: Path) -> None:
    """Both look before either remembers: a key that forgets one of them could serve old content."""
    context = tmp_path / "context"
    context.mkdir()
    (context / "f").write_text("of the first")
    first, second = Directory(context), Directory(context)
    looking, looked = first.watched, threading.Event()

    def slowly() -> Iterator[tuple[str, os.stat_result]]:
        yield from looking()
        (context / "f").rename(context / "g")  # under another name, for the second
        other = shared_key([context], [second], cache=tmp_path)
        assert other
        looked.set()

    first.watched = slowly  # type: ignore[method-assign]
    key = shared_key([context], [first], cache=tmp_path)
    assert looked.is_set()
    # What the second has sent has become something else, and looks the same.
    status = (context / "g").stat()
    (context / "g").write_text("of the third")
    os.utime(context / "g", ns=(status.st_mtime_ns, status.st_mtime_ns))
    assert shared_key([context], [Directory(context)], cache=tmp_path) != key


def test_frames_about_streams_that_end_meanwhile_do_no_harm() -> None:
    """A thread that answers ends its stream whenever it is done."""

    class Vanishing(dict[int, Stream]):
        """Has what it is asked for, and then no more."""

        def __contains__(self, key: object) -> bool:
            return key == 1 or super().__contains__(key)

    opened: list[Stream] = []
    near, far = socket.socketpair()
    with near, far:
        connection = Connection(far, opened.append)
        connection._streams = Vanishing()
        window, reset = (4).to_bytes(3) + b"\x08\0", (4).to_bytes(3) + b"\x03\0"
        ping = (8).to_bytes(3) + b"\x06\0" + bytes(4)
        tail = (1).to_bytes(4) + (1).to_bytes(4)
        preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        near.sendall(preface + window + tail + reset + tail + ping + b"answer!!")
        near.shutdown(socket.SHUT_WR)
        connection.run()
        assert near.recv(1 << 16).endswith(b"answer!!")
    assert connection.closed


def test_a_call_that_begins_when_all_is_over_ends() -> None:
    ended: list[bool] = []
    near, far = socket.socketpair()
    with near, far:
        connection = Connection(far, lambda stream: ended.append(stream.broken))
        connection.closed = True
        headers = (1).to_bytes(3) + b"\x01\x04" + (1).to_bytes(4) + b"\x82"
        near.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + headers)
        near.shutdown(socket.SHUT_WR)
        connection.run()
    assert ended == [True]
