"""Containers on a result: run a process in it and see what it says."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from types import TracebackType
from typing import Literal, Self

import grpc

from buildkit_client import messages
from buildkit_client.channel import GATEWAY, Answers, Metadata, call, exchange
from buildkit_client.error_details import translated
from buildkit_client.errors import BadRequest, BuildKitError

_NETWORKS = {"default": 0, "host": 1, "none": 2}
_BIND, _TMPFS = 0, 4
_PIECE = 64 * 1024
_RELEASE_SECONDS = 10.0
#: The code with which a process ends that could not be started.
_NOT_STARTED = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerOptions:
    """Around the processes. `tmpfs` are paths with a size in bytes (0: no limit)."""

    network: Literal["default", "host", "none"] = "none"
    hostname: str = ""
    extra_hosts: Mapping[str, str] = field(default_factory=dict)
    tmpfs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that has ended."""

    code: int
    stdout: bytes
    stderr: bytes


class Container:
    """A container whose root is a result. Use it in a `with`.

    The first process is the container: when it ends no other can be run.
    """

    def __init__(
        self,
        channel: grpc.Channel,
        metadata: Metadata,
        ref: str,
        options: ContainerOptions | None = None,
    ) -> None:
        if not ref:
            # Without a root the builder would crash.
            raise BadRequest("the result is empty: nothing can be run in it")
        self._channel = channel
        self._metadata = metadata
        self._ref = ref
        self._options = options or ContainerOptions()
        self._id = secrets.token_hex(12)

    def __enter__(self) -> Self:
        options = self._options
        request = messages.NewContainerRequest(
            container_id=self._id,
            mounts=[
                messages.Mount(dest="/", result_id=self._ref, mount_type=_BIND),
                *(
                    messages.Mount(
                        dest=path, mount_type=_TMPFS, tmpfs=messages.TmpfsOptions(size=size)
                    )
                    for path, size in options.tmpfs.items()
                ),
            ],
            network=_NETWORKS[options.network],
            extra_hosts=[
                messages.HostIp(host=name, ip=ip) for name, ip in options.extra_hosts.items()
            ],
            hostname=options.hostname,
        )
        with translated():
            path = GATEWAY + "NewContainer"
            call(self._channel, path, request, messages.Empty, metadata=self._metadata)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
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
    ) -> Finished:
        """Run a process to its end. Nothing comes from the image's configuration.

        `on_output` is called with 1 or 2 and a piece. After `timeout` seconds the process is killed
        and `TimedOut` raised. Raises `BuildKitError` if it could not be started.
        """
        if not args:
            raise BadRequest("there is no command to run")
        meta = messages.ProcessMeta(
            args=args, env=[f"{key}={value}" for key, value in (env or {}).items()], cwd=cwd or "/"
        )
        meta.user = user
        init = messages.ExecInit(container_id=self._id, meta=meta, fds=[0, 1, 2])
        process = _Process(init, stdin, on_output)
        with translated():
            answers = exchange(
                self._channel,
                GATEWAY + "ExecProcess",
                process.requests(),
                messages.ExecMessage,
                metadata=self._metadata,
                timeout=timeout,
            )
            return process.follow(answers)


class _Process:
    def __init__(
        self,
        init: messages.ExecInit,
        stdin: bytes,
        on_output: Callable[[int, bytes], object] | None,
    ) -> None:
        self._id = secrets.token_hex(12)
        self._init = init
        self._stdin = stdin
        self._on_output = on_output
        self._started = threading.Event()
        self._ended: SimpleQueue[None] = SimpleQueue()
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
        return self._finished()

    def _take(self, answer: messages.ExecMessage) -> bool:
        """True for the last message; output may come after the exit code."""
        match answer.WhichOneof("input"):
            case "started":
                self._started.set()
            case "file" if answer.file.data:
                self._output.setdefault(answer.file.fd, []).append(answer.file.data)
                if self._on_output:
                    self._on_output(answer.file.fd, answer.file.data)
            case "exit":
                self._exit = answer.exit
            case "done":
                return True
        return False

    def _finished(self) -> Finished:
        if self._exit is None:
            raise BuildKitError("the builder did not tell how the process ended")
        code, message = self._exit.code, self._exit.error.message
        if code == _NOT_STARTED and message:
            raise BuildKitError(f"the process could not be started: {message}")
        return Finished(code, b"".join(self._output[1]), b"".join(self._output[2]))
