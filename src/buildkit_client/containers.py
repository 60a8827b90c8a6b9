"""Containers on a result: run a process in it and see what it says."""

from __future__ import annotations

import posixpath
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

import grpc

from buildkit_client import messages
from buildkit_client.calls import Calls
from buildkit_client.channel import GATEWAY, Answers, Metadata, begin, call, exchange
from buildkit_client.errors import BadRequest, BuildKitError, TimedOut

if TYPE_CHECKING:
    from buildkit_client.gateway import Result

_NETWORKS = {"default": 0, "host": 1, "none": 2}
_BIND, _TMPFS = 0, 4
_PIECE = 64 * 1024
_RELEASE_SECONDS = 10.0
_CLOCKS = 0.25
#: The code with which a process ends that could not be started.
_NOT_STARTED = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerOptions:
    """Around the processes. `tmpfs` are paths (builders heed no limit of their size), `mounts` are
    paths with another result of the same gateway, which can only be read there."""

    network: Literal["default", "host", "none"] = "none"
    hostname: str = ""
    extra_hosts: Mapping[str, str] = field(default_factory=dict)
    tmpfs: Collection[str] = ()
    mounts: Mapping[str, Result] = field(default_factory=dict)

    def __post_init__(self) -> None:
        places = [*self.tmpfs, *self.mounts]
        for path in places:
            # A second root, or a root that is none, would crash the builder.
            if not path.startswith("/") or posixpath.normpath(path) in ("/", "//"):
                raise BadRequest(f"{path!r} is no place for a mount: it is not below /")
        if len({posixpath.normpath(path) for path in places}) < len(places):
            raise BadRequest("two mounts are for the same place")


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that has ended. `left_out` bytes of its output were more than was to be kept."""

    code: int
    stdout: bytes
    stderr: bytes
    left_out: int = 0


class Container:
    """A container whose root is a result. Use it in a `with`.

    The first process is the container: when it ends no other can be run; nor after one beside it
    that failed, with which the builder ends them all.
    """

    def __init__(
        self,
        channel: grpc.Channel,
        metadata: Metadata,
        ref: str,
        options: ContainerOptions,
        *,
        mounts: Mapping[str, str],
        calls: Calls | None = None,
    ) -> None:
        if not ref:
            # Without a root the builder would crash.
            raise BadRequest("the result is empty: nothing can be run in it")
        self._channel = channel
        self._metadata = metadata
        self._ref = ref
        self._options = options
        self._mounts = mounts
        self._calls = calls or Calls()
        self._id = secrets.token_hex(12)
        self._has_first = False
        self._is_over = False

    def __enter__(self) -> Self:
        options = self._options
        request = messages.NewContainerRequest(
            container_id=self._id,
            mounts=[
                messages.Mount(dest="/", result_id=self._ref, mount_type=_BIND),
                *(messages.Mount(dest=path, mount_type=_TMPFS) for path in options.tmpfs),
                *(
                    messages.Mount(dest=path, result_id=ref, mount_type=_BIND, readonly=True)
                    for path, ref in self._mounts.items()
                ),
            ],
            network=_NETWORKS[options.network],
            extra_hosts=[
                messages.HostIp(host=name, ip=ip) for name, ip in options.extra_hosts.items()
            ],
            hostname=options.hostname,
        )
        path = GATEWAY + "NewContainer"
        made = begin(self._channel, path, request, messages.Empty, metadata=self._metadata)
        with self._calls.follow(made):
            made.result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._calls.given_up:
            return
        request = messages.ReleaseContainerRequest(container_id=self._id)
        path = GATEWAY + "ReleaseContainer"
        # It fails whenever a process failed, which is known already.
        with suppress(grpc.RpcError):
            call(
                self._channel,
                path,
                request,
                messages.Empty,
                metadata=self._metadata,
                timeout=_RELEASE_SECONDS,
            )

    def run(
        self,
        args: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str = "/",
        user: str = "",
        stdin: bytes = b"",
        timeout: float | None = None,
        on_output: Callable[[int, bytes], object] | None = None,
        on_started: Callable[[], object] | None = None,
        keep: int = 64 << 20,
    ) -> Finished:
        """Run a process to its end. Nothing comes from the image's configuration.

        `on_output` is called with 1 or 2 and a piece; while it does not return, the process waits
        at its next output. `on_started` is called once it runs, so that others can run beside it.
        Of each stream the first `keep` bytes are in the result. After `timeout` seconds the process
        is killed and `TimedOut` raised. Raises `BuildKitError` if it could not be started.
        """
        if not args or type(args) is str:
            raise BadRequest("there is no command to run: it is a list of arguments")
        if self._is_over:
            # The builder would give the code of the process that ended it.
            raise BadRequest("the container ended with a process in it: make another one")
        meta = messages.ProcessMeta(
            args=args, env=[f"{key}={value}" for key, value in (env or {}).items()], cwd=cwd or "/"
        )
        meta.user = user
        init = messages.ExecInit(container_id=self._id, meta=meta, fds=[0, 1, 2])
        process = _Process(init, stdin, on_output, keep, timeout, on_started)
        is_first, self._has_first = not self._has_first, True
        fails = True
        try:
            finished = self._follow(process, timeout)
            fails = finished.code != 0
            return finished
        finally:
            if is_first or fails:
                self._is_over = True

    def _follow(self, process: _Process, timeout: float | None) -> Finished:
        answers = exchange(
            self._channel,
            GATEWAY + "ExecProcess",
            process.requests(),
            messages.ExecMessage,
            metadata=self._metadata,
            timeout=timeout,
        )
        with self._calls.follow(answers):
            return process.follow(answers)


class _Process:
    def __init__(
        self,
        init: messages.ExecInit,
        stdin: bytes,
        on_output: Callable[[int, bytes], object] | None,
        keep: int,
        timeout: float | None,
        on_started: Callable[[], object] | None,
    ) -> None:
        self._until = None if timeout is None else time.monotonic() + timeout
        self._id = secrets.token_hex(12)
        self._init = init
        self._stdin = stdin
        self._on_output = on_output
        self._on_started = on_started
        self._started = threading.Event()
        self._ended: SimpleQueue[None] = SimpleQueue()
        self._room = {1: keep, 2: keep}
        self._left_out = 0
        self._output: dict[int, list[bytes]] = {1: [], 2: []}
        self._exit: messages.ExecExit | None = None

    def requests(self) -> Iterator[messages.ExecMessage]:
        yield messages.ExecMessage(process_id=self._id, init=self._init)
        self._started.wait()
        for start in range(0, len(self._stdin), _PIECE):
            piece = self._stdin[start : start + _PIECE]
            yield messages.ExecMessage(
                process_id=self._id, file=messages.ExecFile(fd=0, data=piece)
            )
        yield messages.ExecMessage(process_id=self._id, file=messages.ExecFile(fd=0, eof=True))
        self._ended.get()

    def follow(self, answers: Answers[messages.ExecMessage]) -> Finished:
        try:
            for answer in answers:
                if self._take(answer):
                    break
        finally:
            self._started.set()
            self._ended.put(None)
            # Where reading stopped in the middle, the process would wait for ever.
            answers.cancel()
        return self._finished()

    def _take(self, answer: messages.ExecMessage) -> bool:
        """True for the last message; output may come after the exit code."""
        match answer.WhichOneof("input"):
            case "started":
                self._started.set()
                if self._on_started:
                    self._on_started()
            case "file" if answer.file.data:
                self._keep(answer.file.fd, answer.file.data)
                if self._on_output:
                    self._on_output(answer.file.fd, answer.file.data)
            case "exit":
                self._exit = answer.exit
            case "done":
                return True
        return False

    def _late(self) -> bool:
        return self._until is not None and time.monotonic() > self._until - _CLOCKS

    def _keep(self, stream: int, data: bytes) -> None:
        kept = data[: self._room.get(stream, 0)]
        self._left_out += len(data) - len(kept)
        if kept:
            self._room[stream] -= len(kept)
            self._output[stream].append(kept)

    def _finished(self) -> Finished:
        if self._exit is None and self._late():
            # The builder may see the end of the time before we do.
            raise TimedOut("the process was not done when the time that was given was over")
        if self._exit is None:
            raise BuildKitError("the builder did not tell how the process ended")
        code, message = self._exit.code, self._exit.error.message
        if code == _NOT_STARTED and message:
            raise BuildKitError(f"the process could not be started: {message}")
        stdout, stderr = (b"".join(self._output[stream]) for stream in (1, 2))
        return Finished(code, stdout, stderr, self._left_out)
