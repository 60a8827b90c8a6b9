"""Content: blobs in OCI layouts of this machine, which the builder reads and writes for a cache."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO

import grpc

from buildkit_client import messages
from buildkit_client.channel import CONTENT
from buildkit_client.errors import ExportFailed
from buildkit_client.session.services import Failures, Handlers, unary
from buildkit_client.session.streams import Stream, refuse

_CHUNK = 1 << 20
_COMMIT = 2
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def serve(stores: Mapping[str, Path], failures: Failures) -> Handlers:
    """Offer folders as stores, under the ids by which the builder names them (`local:DIR`).

    What cannot be written is a failure of the build.
    """
    folder = partial(_folder, stores)

    def blob(stream: Stream, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            refuse(grpc.StatusCode.INVALID_ARGUMENT, f"{digest!r} is no digest")
        return blob_path(folder(stream), digest)

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
        place = folder(stream)
        try:
            _write(place, stream)
        except ConnectionError:
            raise
        except OSError as error:
            failures.add(failure := _failure(place, error))
            refuse(grpc.StatusCode.ABORTED, str(failure))

    return {
        CONTENT + "Info": unary(messages.ContentInfoRequest, info),
        CONTENT + "Read": read,
        CONTENT + "Write": write,
    }


def _folder(stores: Mapping[str, Path], stream: Stream) -> Path:
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


def _write(folder: Path, stream: Stream) -> None:
    """One blob. Each message is answered with how much is there."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    total, expected = 0, ""
    with _partial(folder) as file:
        content = hashlib.sha256()
        for message in stream:
            request = messages.WriteContentRequest.FromString(message)
            total, expected = request.total or total, request.expected or expected
            # Once it is under way, another build that sends the same blob does not end it.
            if not file.tell() and _is_there(folder, expected):
                refuse(grpc.StatusCode.ALREADY_EXISTS, f"{expected} is here")
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
            if request.action == _COMMIT:
                return


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


def _is_there(folder: Path, digest: str) -> bool:
    return bool(_DIGEST.fullmatch(digest)) and blob_path(folder, digest).exists()


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
    with suppress(FileExistsError):  # another build may have sent the same blob meanwhile
        os.link(file.name, place)
