"""A context that is an archive is sent once, in a form that builders take."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import grpc
import pytest

from buildkit_client import Archive, BadRequest, messages
from buildkit_client.session import upload
from buildkit_client.session.services import Failures
from buildkit_client.session.streams import Refused


class _Stream:
    """What the handler needs of a stream."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.sent = b""

    def header(self, key: str) -> str:
        return self._path if key == "urlpath" else ""

    def send(self, message: bytes) -> None:
        self.sent += messages.Bytes.FromString(message).data


def _pull(pieces: Iterator[bytes], failures: Failures, *paths: str) -> list[bytes]:
    (handler,) = upload.serve({"one": Archive(pieces)}, failures).values()
    streams = [_Stream(path) for path in paths]
    for stream in streams:
        handler(stream)  # type: ignore[arg-type]
    return [stream.sent for stream in streams]


@pytest.mark.parametrize("path", ["/other", "", "/../one/x"])
def test_only_what_was_offered_is_sent(path: str) -> None:
    with pytest.raises(Refused) as refused:
        _pull(iter([b"x"]), Failures(), path)
    assert refused.value.code is grpc.StatusCode.NOT_FOUND


def test_an_archive_is_sent_once() -> None:
    with pytest.raises(Refused, match="sent already"):
        _pull(iter([b"x"]), Failures(), "/one", "/one")


def test_what_reading_it_raises_is_told() -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * 10
        raise OSError(5, "Input/output error")

    failures = Failures()
    with pytest.raises(Refused):
        _pull(broken(), failures, "/one")
    assert type(failures.first) is BadRequest
    assert str(failures.first) == "the archive of the context cannot be read: Input/output error"


def test_what_no_builder_unpacks_is_refused() -> None:
    failures = Failures()
    with pytest.raises(Refused, match="zstd"):
        _pull(iter([b"\x28\xb5\x2f", b"\xfd" + b"x" * 10]), failures, "/one")
    assert type(failures.first) is BadRequest


@pytest.mark.parametrize("pieces", [[], [b""], [b"a"], [b"ab" * 9, b"c" * (3 << 20), b"", b"d"]])
def test_what_is_not_packed_is_packed(pieces: list[bytes]) -> None:
    (sent,) = _pull(iter(pieces), Failures(), "/one")
    assert gzip.decompress(sent) == b"".join(pieces)


@pytest.mark.parametrize("head", [b"\x1f\x8b\x08", b"BZh91", b"\xfd7zXZ\x00"])
def test_what_is_packed_stays_as_it_is(head: bytes) -> None:
    (sent,) = _pull(iter([head[:2], head[2:], b"x" * 100]), Failures(), "/one")
    assert sent == head + b"x" * 100
