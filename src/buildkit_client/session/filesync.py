"""FileSync: the builder fetches files of ours. It names a tree, and says which of it it wants."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import grpc

from buildkit_client.errors import BadRequest, BuildFailed
from buildkit_client.ignore import BadIgnorePattern
from buildkit_client.session import packets
from buildkit_client.session.followed import follow
from buildkit_client.session.selection import Selection
from buildkit_client.session.services import Failures, Handlers, headers
from buildkit_client.session.streams import CallEnded, Stream, refuse
from buildkit_client.session.trees import Tree

_CHUNK = 1 << 20
_PAUSE = 0.001
_GO_TYPE_BITS = 0xFFFFFFFF & ~0o777 & ~(1 << 23 | 1 << 22 | 1 << 20)


def serve(trees: Mapping[str, Tree], failures: Failures) -> Handlers:
    """Offer trees under the names by which a build knows them. What cannot be sent ends it."""

    def diff_copy(stream: Stream) -> None:
        name = stream.header("dir-name")
        tree = trees.get(name)
        if tree is None:
            refuse(grpc.StatusCode.NOT_FOUND, f'no access allowed to dir "{name}"')
        try:
            _send(tree, _selection(tree, stream), stream)
        except Unsendable as error:
            failures.add(error.failure)
            refuse(error.code, str(error.failure))

    return {"/moby.filesync.v1.FileSync/DiffCopy": diff_copy}


class Unsendable(Exception):
    """Something of a tree cannot be sent."""

    def __init__(self, message: str, *, is_request: bool = False) -> None:
        super().__init__(message)
        self.failure = BadRequest(message) if is_request else BuildFailed(message)
        self.code = grpc.StatusCode.INVALID_ARGUMENT if is_request else grpc.StatusCode.UNKNOWN


def _selection(tree: Tree, stream: Stream) -> Selection:
    includes = headers(stream, "include-patterns")
    if followed := headers(stream, "followpaths"):
        found = follow(tree, followed)
        includes = [*includes, *found] if found else []
    try:
        return Selection(includes, headers(stream, "exclude-patterns"))
    except BadIgnorePattern as error:
        raise Unsendable(str(error), is_request=True) from error


def _send(tree: Tree, selection: Selection, stream: Stream) -> None:
    # What the builder asks is taken from the socket by a thread of the connection, so reading never
    # waits for writing; else both sides could wait for each other.
    regular = _list(tree, selection, stream)
    stream.send(packets.END_OF_LIST)
    while True:
        # It asks for file after file: answers that travel together travel faster.
        if stream.is_idle(_PAUSE):
            stream.flush()
        message = stream.receive()
        if message is None:
            raise CallEnded
        packet = packets.read(message)
        if packet.type == packets.REQUEST and packet.id in regular:
            path, size = regular[packet.id]
            _send_content(tree, path, size, packet.id, stream)
        elif packet.type == packets.FIN:
            stream.send(packets.FINISH)
            return
        elif packet.type == packets.ERROR:
            refuse(grpc.StatusCode.UNKNOWN, packet.data.decode("utf-8", "replace"))
        else:
            refuse(grpc.StatusCode.INVALID_ARGUMENT, f"invalid file id {packet.id}")


def _list(tree: Tree, selection: Selection, stream: Stream) -> dict[int, tuple[str, int]]:
    """Send the list of entries; give the regular files and their sizes by their numbers."""
    regular: dict[int, tuple[str, int]] = {}
    try:
        for number, stat in enumerate(tree.walk(selection)):
            if not stat.mode & _GO_TYPE_BITS:
                regular[number] = (os.fsdecode(stat.path), stat.size)
            if not _is_utf8(stat.path + stat.linkname):
                name = repr(stat.path.decode("utf-8", "backslashreplace"))
                message = f"the name {name} is not UTF-8: BuildKit cannot take it; ignore it"
                raise Unsendable(message, is_request=True)
            stream.send(packets.stat_packet(stat))
    except ConnectionError:
        raise
    except OSError as error:
        message = f"{error.strerror}: {error.filename}"
        stream.send(packets.error_packet(message))
        raise Unsendable(f"the context cannot be read: {message}") from error
    return regular


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def _send_content(tree: Tree, path: str, size: int, number: int, stream: Stream) -> None:
    """As much as was listed: a log that is being written would have no end. What is listed as empty
    may have content all the same, as in /proc."""
    left = size or sys.maxsize
    try:
        with tree.open(path) as file:
            while left and (data := file.read(min(_CHUNK, left))):
                stream.send(packets.data_packet(number, data))
                left -= len(data)
    except ConnectionError:
        raise
    except OSError as error:
        # Docker would send it empty, and nobody would know.
        message = f"the file {path} of the context cannot be read any more: {error.strerror}"
        stream.send(packets.error_packet(message))
        raise Unsendable(message) from error
    stream.send(packets.data_packet(number, b""))
