"""FileSend: the builder sends a result, as one stream or as a tree of files."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, Protocol

import grpc

from buildkit_client import messages
from buildkit_client.errors import ExportFailed
from buildkit_client.session import packets
from buildkit_client.session.services import Handlers
from buildkit_client.session.streams import CallEnded, Stream, refuse
from buildkit_client.session.unpacking import Unpacking


class Sink(Protocol):
    """Takes one result. `receive` raises if it cannot be written."""

    def receive(self, stream: Stream) -> None: ...


class Failures:
    """What went wrong on this side; the builder only learns that something did."""

    def __init__(self) -> None:
        self.first: ExportFailed | None = None

    def add(self, failure: ExportFailed) -> None:
        """Keep the first."""
        self.first = self.first or failure


def serve(sinks: Mapping[int, Sink], failures: Failures) -> Handlers:
    """Take results, by the number of their exporter in the request."""

    def diff_copy(stream: Stream) -> None:
        number = int(stream.header("buildkit-attachable-exporter-id") or 0)
        sink = sinks.get(number)
        if sink is None:
            refuse(grpc.StatusCode.NOT_FOUND, f"nobody takes result {number}")
        try:
            sink.receive(stream)
        except (OSError, ExportFailed) as error:
            failure = error if isinstance(error, ExportFailed) else _failure(error)
            failures.add(failure)
            refuse(grpc.StatusCode.ABORTED, str(failure))

    return {"/moby.filesync.v1.FileSend/DiffCopy": diff_copy}


def _failure(error: OSError) -> ExportFailed:
    place = f"{error.filename}: " if error.filename else ""
    failure = ExportFailed(f"the result cannot be written: {place}{error.strerror or error}")
    failure.__cause__ = error
    return failure


class ToFunction:
    """One stream, each piece of which is given to a function."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write

    def receive(self, stream: Stream) -> None:
        """Nothing is answered."""
        for message in stream:
            self._write(messages.Bytes.FromString(message).data)


class ToFile:
    """One stream into a file, which takes its place when all has come."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def receive(self, stream: Stream) -> None:
        """Nothing is answered."""
        handle, name = tempfile.mkstemp(prefix=f".{self._path.name}-", dir=self._path.parent)
        partial = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                for message in stream:
                    file.write(messages.Bytes.FromString(message).data)
            partial.chmod(0o666 & ~_umask())
            partial.replace(self._path)
        finally:
            partial.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


class ToDirectory:
    """A tree of files below a directory."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def receive(self, stream: Stream) -> None:
        """Asks for the content of every regular file."""
        # Reading never waits for writing: else both sides can wait for each other.
        answers: SimpleQueue[bytes | None] = SimpleQueue()
        writer = threading.Thread(target=_answer, args=(stream, answers), daemon=True)
        writer.start()
        try:
            _Transfer(Unpacking(self._root), answers.put).run(stream)
        finally:
            answers.put(None)
            writer.join()


def _answer(stream: Stream, answers: SimpleQueue[bytes | None]) -> None:
    with suppress(ConnectionError):
        while (answer := answers.get()) is not None:
            stream.send(answer)
            if answers.empty():
                stream.flush()


class _Transfer:
    """The receiver's half of the file protocol."""

    def __init__(self, unpacking: Unpacking, answer: Callable[[bytes], None]) -> None:
        self._unpacking = unpacking
        self._answer = answer
        self._listed = 0
        self._wanted: dict[int, messages.Stat] = {}
        self._open: dict[int, BinaryIO] = {}
        self._list_ended = False
        self._all_came = False

    def run(self, stream: Stream) -> None:
        """Take all packets. Once all files are here the builder may be gone before its FIN is."""
        try:
            for data in stream:
                packet = packets.read(data)
                if packet.type == packets.FIN:
                    return
                self._take(packet)
        except CallEnded:
            pass  # what matters is whether all came
        finally:
            for file in self._open.values():
                file.close()
        if not self._all_came:
            raise ExportFailed("the builder ended the transfer of the result too early")

    def _take(self, packet: messages.Packet) -> None:
        if packet.type == packets.STAT and packet.HasField("stat"):
            self._list(packet.stat)
        elif packet.type == packets.STAT:
            self._list_ended = True
            self._finish_if_all_came()
        elif packet.type == packets.DATA:
            self._data(packet)
        elif packet.type == packets.ERROR:
            raise ExportFailed(f"the builder: {packet.data.decode('utf-8', 'replace')}")

    def _list(self, entry: messages.Stat) -> None:
        if self._unpacking.add(entry):
            self._wanted[self._listed] = entry
            self._answer(packets.request_packet(self._listed))
        self._listed += 1

    def _data(self, packet: messages.Packet) -> None:
        entry = self._wanted.get(packet.id)
        if entry is None:
            raise ExportFailed(f"the builder sent content that nobody asked for ({packet.id})")
        if packet.data:
            file = self._open.get(packet.id)
            if file is None:
                file = self._open[packet.id] = self._unpacking.write(entry)
            file.write(packet.data)
            return
        if packet.id in self._open:
            self._open.pop(packet.id).close()
        self._unpacking.settle(entry)
        del self._wanted[packet.id]
        self._finish_if_all_came()

    def _finish_if_all_came(self) -> None:
        if self._list_ended and not self._wanted:
            self._unpacking.finish()
            self._all_came = True
            self._answer(packets.FINISH)
