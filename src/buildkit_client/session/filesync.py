"""FileSync: the builder fetches files of ours. It names a tree, and says which of it it wants."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from queue import SimpleQueue

import grpc

from buildkit_client import messages
from buildkit_client.ignore import BadIgnorePattern
from buildkit_client.session import packets
from buildkit_client.session.followed import follow
from buildkit_client.session.selection import Selection
from buildkit_client.session.services import Handlers, both, header, headers, refuse
from buildkit_client.session.trees import Tree

_CHUNK = 1 << 20
_GO_TYPE_BITS = 0xFFFFFFFF & ~0o777 & ~(1 << 23 | 1 << 22 | 1 << 20)


def serve(trees: Mapping[str, Tree]) -> Handlers:
    """Offer trees under the names by which a build knows them."""

    def diff_copy(incoming: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        name = header(context, "dir-name")
        tree = trees.get(name)
        if tree is None:
            refuse(context, grpc.StatusCode.NOT_FOUND, f'no access allowed to dir "{name}"')
        selection = _selection(tree, context)
        return _send(tree, selection, incoming, context)

    return {"/moby.filesync.v1.FileSync/DiffCopy": both(diff_copy)}


def _selection(tree: Tree, context: grpc.ServicerContext) -> Selection:
    includes = headers(context, "include-patterns")
    if followed := headers(context, "followpaths"):
        found = follow(tree, followed)
        includes = [*includes, *found] if found else []
    try:
        return Selection(includes, headers(context, "exclude-patterns"))
    except BadIgnorePattern as error:
        refuse(context, grpc.StatusCode.INVALID_ARGUMENT, str(error))


def _send(
    tree: Tree, selection: Selection, incoming: Iterator[bytes], context: grpc.ServicerContext
) -> Iterator[bytes]:
    # Reading must never wait for writing: else both sides can wait for each other.
    asked: SimpleQueue[messages.Packet | None] = SimpleQueue()
    threading.Thread(target=_read, args=(incoming, asked), daemon=True).start()
    regular: dict[int, str] = {}
    try:
        for number, stat in enumerate(tree.walk(selection)):
            if not stat.mode & _GO_TYPE_BITS:
                regular[number] = os.fsdecode(stat.path)
            if not _is_utf8(stat.path + stat.linkname):
                name = repr(stat.path.decode("utf-8", "backslashreplace"))
                message = f"the name {name} is not UTF-8: BuildKit cannot take it; ignore it"
                refuse(context, grpc.StatusCode.INVALID_ARGUMENT, message)
            yield packets.stat_packet(stat)
    except OSError as error:
        message = f"{error.strerror}: {error.filename}"
        yield packets.error_packet(message)
        refuse(context, grpc.StatusCode.UNKNOWN, f"the context cannot be read: {message}")
    yield packets.END_OF_LIST
    while packet := asked.get():
        if packet.type == packets.REQUEST and packet.id in regular:
            yield from _content(tree, regular[packet.id], packet.id)
        elif packet.type == packets.FIN:
            yield packets.FINISH
            return
        elif packet.type == packets.ERROR:
            refuse(context, grpc.StatusCode.UNKNOWN, packet.data.decode("utf-8", "replace"))
        else:
            refuse(context, grpc.StatusCode.INVALID_ARGUMENT, f"invalid file id {packet.id}")


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def _read(incoming: Iterator[bytes], asked: SimpleQueue[messages.Packet | None]) -> None:
    try:
        for packet in incoming:
            asked.put(packets.read(packet))
    except grpc.RpcError:
        pass  # the other side is gone; the end says so
    finally:
        asked.put(None)


def _content(tree: Tree, path: str, number: int) -> Iterator[bytes]:
    try:
        file = tree.open(path)
    except OSError:
        # Gone since it was listed. Docker sends it empty, and so do we.
        yield packets.data_packet(number, b"")
        return
    with file:
        while data := file.read(_CHUNK):
            yield packets.data_packet(number, data)
    yield packets.data_packet(number, b"")
