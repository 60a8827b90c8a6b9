"""Upload: the builder fetches a context that is an archive, once, as if from a server."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping

import grpc

from buildkit_client import messages
from buildkit_client.errors import BadRequest
from buildkit_client.request import Archive
from buildkit_client.session.services import Failures, Handlers
from buildkit_client.session.streams import Stream, refuse

#: What the builder takes for a server, and asks us for instead.
PLACE = "http://buildkit-session/"
_PIECE = 1 << 20
_KNOWN = (b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00")
_ZSTD = b"\x28\xb5\x2f\xfd"
_GZIP = 31


def serve(archives: Mapping[str, Archive], failures: Failures) -> Handlers:
    """Offer archives by their names below `PLACE`. What reading one raises ends the build."""
    left = dict(archives)
    taking = threading.Lock()

    def pull(stream: Stream) -> None:
        with taking:
            archive = left.pop(stream.header("urlpath").lstrip("/"), None)
        if archive is None:
            refuse(grpc.StatusCode.NOT_FOUND, "there is no such archive, or it was sent already")
        try:
            for piece in _packed(archive.pieces):
                for start in range(0, len(piece), _PIECE):
                    data = piece[start : start + _PIECE]
                    stream.send(messages.Bytes(data=data).SerializeToString())
        except ConnectionError:
            raise
        except (OSError, BadRequest) as error:
            why = error.strerror if isinstance(error, OSError) else error
            failure = BadRequest(f"the archive of the context cannot be read: {why}")
            failures.add(failure)
            refuse(grpc.StatusCode.UNKNOWN, str(failure))

    return {"/moby.upload.v1.Upload/Pull": pull}


def _packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Builders tell an archive from a Dockerfile by its first 512 bytes, and take one whose first
    entry has a longer header for a Dockerfile: so what is not packed is put into a gzip."""
    left = iter(pieces)
    head = b""
    for piece in left:
        head += piece
        if len(head) >= max(map(len, _KNOWN)):
            break
    if head.startswith(_ZSTD):
        raise BadRequest("builders take gzip, bzip2 and xz, and it is packed with zstd")
    if head.startswith(_KNOWN):
        yield head
        yield from left
        return
    packing = zlib.compressobj(0, wbits=_GZIP)
    yield packing.compress(head)
    yield from map(packing.compress, left)
    yield packing.flush()
