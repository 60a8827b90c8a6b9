"""Upload: the builder fetches a context that is an archive, once, as if from a server."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import grpc

from buildkit_client import messages
from buildkit_client.errors import BadRequest
from buildkit_client.request import Archive
from buildkit_client.session.services import Failures, Handlers
from buildkit_client.session.streams import Stream, refuse

#: What the builder takes for a server, and asks us for instead.
PLACE = "http://buildkit-session/"
_PIECE = 1 << 20


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
            for piece in archive.pieces:
                for start in range(0, len(piece), _PIECE):
                    data = piece[start : start + _PIECE]
                    stream.send(messages.Bytes(data=data).SerializeToString())
        except ConnectionError:
            raise
        except OSError as error:
            failure = BadRequest(f"the archive of the context cannot be read: {error.strerror}")
            failures.add(failure)
            refuse(grpc.StatusCode.UNKNOWN, str(failure))

    return {"/moby.upload.v1.Upload/Pull": pull}
