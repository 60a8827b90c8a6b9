"""Content: blobs in OCI layouts of this machine, which the builder reads and writes for a cache.

Several builds of one process may use one folder. A blob appears there whole or not at all; of those
that send the same one at a time, one does, and the others wait for it.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import threading
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple

import grpc

from buildkit_client import messages
from buildkit_client.channel import CONTENT
from buildkit_client.errors import ExportFailed
from buildkit_client.session.services import Failures, Handlers, unary
from buildkit_client.session.streams import CallEnded, Stream, refuse

_CHUNK = 1 << 20
_COMMIT = 2
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PAUSE = 0.2
"""seconds after which one who waits looks whether its own call is over"""


class Store(NamedTuple):
    """An OCI layout. Blobs that are `known` are taken from nobody, as if they were there."""

    folder: Path
    known: Container[str] = ()


def serve(stores: Mapping[str, Store], failures: Failures) -> Handlers:
    """Offer stores under the ids by which the builder names them (`local:DIR`).

    What cannot be written is a failure of the build.
    """
    store = partial(_store, stores)

    def blob(stream: Stream, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            refuse(grpc.StatusCode.INVALID_ARGUMENT, f"{digest!r} is no digest")
        return blob_path(store(stream).folder, digest)

    def info(request: messages.ContentInfoRequest, stream: Stream) -> messages.ContentInfoResponse:
        try:
            size = blob(stream, request.digest).stat().st_size
        except OSError:
            refuse(grpc.StatusCode.NOT_FOUND, f"{request.digest} is not here")
        found = messages.ContentInfo(digest=request.digest, size=size)
        return messages.ContentInfoResponse(info=found)

    def read(stream: Stream) -> None:
        message = stream.receive()
        request = messages.ReadContentRequest.FromString(message or b"")
        try:
            file = blob(stream, request.digest).open("rb")
        except OSError:
            refuse(grpc.StatusCode.NOT_FOUND, f"{request.digest} is not here")
        try:
            with file:
                _read(file, request, stream)
        except ConnectionError:
            raise
        except OSError as error:
            why = f"{request.digest} cannot be read any more: {error.strerror or error}"
            refuse(grpc.StatusCode.DATA_LOSS, why)

    def write(stream: Stream) -> None:
        place = store(stream)
        try:
            _write(place, stream)
        except ConnectionError:
            raise
        except OSError as error:
            failures.add(failure := _failure(place.folder, error))
            refuse(grpc.StatusCode.ABORTED, str(failure))

    return {
        CONTENT + "Info": unary(messages.ContentInfoRequest, info),
        CONTENT + "Read": read,
        CONTENT + "Write": write,
    }


def _store(stores: Mapping[str, Store], stream: Stream) -> Store:
    name = stream.header("buildkit-attachable-store-id")
    if name not in stores:
        refuse(grpc.StatusCode.NOT_FOUND, f"there is no content store {name!r}")
    return stores[name]


def blob_path(folder: Path, digest: str) -> Path:
    """Where a blob lies in an OCI layout."""
    algorithm, _, name = digest.partition(":")
    return folder / "blobs" / algorithm / name


def _failure(folder: Path, error: OSError) -> ExportFailed:
    reason = error.strerror or error
    failure = ExportFailed(f"the cache in {folder} cannot be written: {reason}")
    failure.__cause__ = error
    return failure


def _read(file: IO[bytes], request: messages.ReadContentRequest, stream: Stream) -> None:
    size = os.fstat(file.fileno()).st_size
    offset = file.seek(max(0, request.offset))
    end = min(size, offset + request.size) if request.size > 0 else size
    while offset < end:
        data = file.read(min(end - offset, _CHUNK))
        if not data:
            raise OSError("it was cut short meanwhile")
        answer = messages.ReadContentResponse(offset=offset, data=data)
        stream.send(answer.SerializeToString())
        offset += len(data)


def _write(store: Store, stream: Stream) -> None:
    """One blob, which the first message names."""
    message = stream.receive()
    if message is None:
        return
    first = messages.WriteContentRequest.FromString(message)
    if not _DIGEST.fullmatch(first.expected):
        _receive(store, stream, first)
        return
    with _turn(blob_path(store.folder, first.expected), stream) as place:
        # Said at the start, and never later: then it would end the build of who sends.
        if first.expected in store.known or place.exists():
            refuse(grpc.StatusCode.ALREADY_EXISTS, f"{first.expected} is here")
        _receive(store, stream, first)


_sent: set[Path] = set()
_change = threading.Condition()


@contextmanager
def _turn(place: Path, stream: Stream) -> Iterator[Path]:
    """Nobody else sends this blob meanwhile."""
    with _change:
        while place in _sent:
            _change.wait(_PAUSE)
            if stream.is_over:
                raise CallEnded
        _sent.add(place)
    try:
        yield place
    finally:
        with _change:
            _sent.discard(place)
            _change.notify_all()


def _receive(store: Store, stream: Stream, first: messages.WriteContentRequest) -> None:
    """Each message is answered with how much is there."""
    folder, request = store.folder, first
    (folder / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
    total, expected = 0, ""
    with _partial(folder) as file:
        content = hashlib.sha256()
        while True:
            total, expected = request.total or total, request.expected or expected
            if request.data:
                _append(file, request, content)
            digest = f"sha256:{content.hexdigest()}"
            answer = messages.WriteContentResponse(
                action=request.action, offset=file.tell(), total=total, digest=digest
            )
            if request.action == _COMMIT:
                _commit(file, blob_path(folder, digest), total, expected)
            stream.send(answer.SerializeToString())
            stream.flush()
            message = None if request.action == _COMMIT else stream.receive()
            if message is None:
                return
            request = messages.WriteContentRequest.FromString(message)


@contextmanager
def _partial(folder: Path) -> Iterator[BinaryIO]:
    """A file that is gone afterwards, also where a full disk is noticed when it is closed."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=".partial-")
    try:
        os.close(handle)
        with open(name, "wb") as file:
            yield file
    finally:
        os.unlink(name)


def _append(
    file: IO[bytes],
    request: messages.WriteContentRequest,
    content: hashlib._Hash,
) -> None:
    if request.offset != file.tell():
        message = f"expected offset {file.tell()}, not {request.offset}"
        refuse(grpc.StatusCode.OUT_OF_RANGE, message)
    file.write(request.data)
    content.update(request.data)


def _commit(file: IO[bytes], place: Path, total: int, expected: str) -> None:
    digest = f"sha256:{place.name}"
    if (expected and expected != digest) or (total and total != file.tell()):
        message = f"{digest} of {file.tell()} bytes came, {expected} of {total} was announced"
        refuse(grpc.StatusCode.FAILED_PRECONDITION, message)
    file.flush()
    os.fchmod(file.fileno(), 0o644)
    with suppress(FileExistsError):  # sent by another process, or by who did not name it before
        os.link(file.name, place)
