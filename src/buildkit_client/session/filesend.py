"""FileSend: the builder sends a result, as one stream or as a tree of files."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO

import grpc

from buildkit_client import messages
from buildkit_client.errors import ExportFailed
from buildkit_client.session import packets
from buildkit_client.session.services import Failures, Handlers
from buildkit_client.session.streams import CallEnded, Stream, refuse
from buildkit_client.session.unpacking import Unpacking


class Sink:
    """Takes one result. `receive` raises if it cannot be written."""

    def receive(self, stream: Stream) -> None:
        """Take all that the builder sends."""
        raise NotImplementedError

    def settle(self, *, keep: bool) -> None:
        """The build has ended, and well if `keep`."""


def serve(sinks: Mapping[int, Sink], failures: Failures) -> Handlers:
    """Take results, by the number of their exporter in the request."""

    def diff_copy(stream: Stream) -> None:
        number = stream.header("buildkit-attachable-exporter-id") or "0"
        sink = sinks.get(int(number)) if number.isdecimal() else None
        if sink is None:
            refuse(grpc.StatusCode.NOT_FOUND, f"nobody takes result {number}")
        try:
            sink.receive(stream)
        except (OSError, ExportFailed, OverflowError, ValueError) as error:
            failure = error if isinstance(error, ExportFailed) else _failure(error)
            failures.add(failure)
            refuse(grpc.StatusCode.ABORTED, str(failure))

    return {"/moby.filesync.v1.FileSend/DiffCopy": diff_copy}


def _failure(error: Exception, place: object = None) -> ExportFailed:
    reason: object = error
    if isinstance(error, OSError):
        place, reason = place or error.filename, error.strerror or error
    where = f" to {os.fsdecode(place)}" if isinstance(place, str | bytes | Path) else ""
    failure = ExportFailed(f"the result cannot be written{where}: {reason}")
    failure.__cause__ = error
    return failure


class ToFunction(Sink):
    """One stream, each piece of which is given to a function. What that raises ends the build."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write

    def receive(self, stream: Stream) -> None:
        """Nothing is answered."""
        for message in stream:
            data = messages.Bytes.FromString(message).data
            try:
                self._write(data)
            except OSError as error:
                raise _failure(error) from error
            except Exception as error:
                what = f"{type(error).__name__}: {error}"
                raise ExportFailed(f"the function that takes the result raised {what}") from error


class ToFile(Sink):
    """One stream into a file, which takes its place when the build has ended well.

    A builder that fails in the middle may end the stream as if all had come.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial: Path | None = None

    def receive(self, stream: Stream) -> None:
        """Nothing is answered."""
        self.settle(keep=False)
        try:
            partial = self._path.with_name(f".{secrets.token_hex(8)}.partial")
            with partial.open("xb") as file:
                self._partial = partial
                for message in stream:
                    file.write(messages.Bytes.FromString(message).data)
        except BaseException as error:
            self.settle(keep=False)
            if isinstance(error, OSError):
                raise _failure(error, self._path) from error
            raise

    def settle(self, *, keep: bool) -> None:
        """Put the file in its place, or away. Raises `ExportFailed` if it cannot be put there."""
        partial, self._partial = self._partial, None
        if partial is None:
            return
        try:
            if keep:
                partial.replace(self._path)
        except OSError as error:
            raise _failure(error, self._path) from error
        finally:
            partial.unlink(missing_ok=True)


class ToDirectory(Sink):
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
        except BaseException:
            stream.abandon()
            raise
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
