"""Gateway: look into a result before, or instead of, exporting it.

The builder keeps the results of a gateway build for as long as the build lasts, which a Solve
without a frontend keeps open until this side ends it.
"""

from __future__ import annotations

import json
import secrets
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from buildkit_client import attributes, messages, policy
from buildkit_client.channel import CONTROL, GATEWAY, Received, Sent, begin
from buildkit_client.containers import Container, ContainerOptions
from buildkit_client.docker_config import Credentials
from buildkit_client.error_details import details_of
from buildkit_client.errors import BadRequest, BuildFailed, Cancelled
from buildkit_client.files import FileInfo, read_stat
from buildkit_client.freshness import shared_key
from buildkit_client.request import BuildRequest
from buildkit_client.session.services import Failures
from buildkit_client.session.tunnel import Session
from buildkit_client.solve import services

A = TypeVar("A", bound=Received)

_PIECE = 4 << 20
_CONFIG = "containerimage.config"
_NOT_THERE = ("no such file or directory", "not a directory", "is a directory", "too many links")

if TYPE_CHECKING:
    import grpc


@dataclass(frozen=True, slots=True)
class ImageReference:
    """What an image name stands for: its digest, and its configuration as JSON."""

    name: str
    digest: str
    config: bytes


class Result:
    """A result inside a gateway. Steps run when something of it is first looked at."""

    def __init__(self, gateway: Gateway, ref: str, metadata: Mapping[str, bytes]) -> None:
        self._gateway = gateway
        self._ref = ref
        self.metadata = metadata

    @property
    def config(self) -> dict[str, object]:
        """The configuration of the image, as its JSON says; empty for a result that has none."""
        found: object = json.loads(self.metadata.get(_CONFIG) or b"{}")
        return found if isinstance(found, dict) else {}

    def evaluate(self) -> None:
        """Run every step now. Raises what the build ends in."""
        if not self._ref:
            return
        self._gateway.call("Evaluate", messages.EvaluateRequest(ref=self._ref), messages.Empty)

    def read(self, path: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """The content of a regular file, from `offset` on, or `length` bytes of it."""
        info = self.stat(path)
        if not stat.S_ISREG(info.mode):
            # A pipe would hold the builder up, a device such as /dev/zero bring it down.
            raise BadRequest(f"{path} is not a regular file, and only those can be read")
        if offset < 0 or (length or 0) < 0:
            raise BadRequest("a file is read from its start on, and not backwards")
        end = info.size if length is None else min(info.size, offset + length)
        pieces = []
        while offset < end:
            part = messages.FileRange(offset=offset, length=min(_PIECE, end - offset))
            request = messages.ReadFileRequest(ref=self._ref, path=_encode(path), range=part)
            piece = self._look("ReadFile", request, messages.Bytes).data
            if not piece:
                break
            pieces.append(piece)
            offset += len(piece)
        return b"".join(pieces)

    def list(self, path: str = "/", *, pattern: str = "") -> tuple[FileInfo, ...]:
        """What is in a directory, one level deep."""
        request = messages.ReadDirRequest(
            ref=self._ref, path=_encode(path), include_pattern=pattern
        )
        answer = self._look("ReadDir", request, messages.ReadDirResponse)
        return tuple(map(read_stat, answer.entries))

    def stat(self, path: str) -> FileInfo:
        """What `path` is; a link at its end is followed."""
        request = messages.StatFileRequest(ref=self._ref, path=_encode(path))
        return read_stat(self._look("StatFile", request, messages.StatFileResponse).stat)

    def _look(self, method: str, request: Sent, answer: type[A]) -> A:
        if not self._ref:
            raise BadRequest("the result is empty: there is no file in it")
        try:
            return self._gateway.call(method, request, answer)
        except BuildFailed as error:
            if error.message.startswith("no such ref"):
                raise BadRequest("what failed is looked at from a container on it") from error
            # The builder has no code for it, and a step that fails has a place in the Dockerfile.
            if error.location is None and error.message.endswith(_NOT_THERE):
                raise BadRequest(error.message) from error
            raise

    def container(self, options: ContainerOptions | None = None) -> Container:
        """A container on this result, to be used in a `with`. What it writes is thrown away."""
        options = options or ContainerOptions()
        mounts = {path: result.mountable(self._gateway) for path, result in options.mounts.items()}
        return Container(
            self._gateway.channel,
            self._gateway.metadata,
            self._ref,
            options,
            mounts=mounts,
            calls=self._gateway.calls,
        )

    def mountable(self, gateway: Gateway) -> str:
        """The builder's name of the result, for something in the same gateway."""
        if not self._ref:
            raise BadRequest("the result is empty: there is nothing to mount")
        if gateway is not self._gateway:
            raise BadRequest("a result can be mounted only beside others of the same gateway")
        return self._ref


class Gateway:
    """A build that is only looked at. Use it in a `with`; results do not outlive it."""

    def __init__(
        self,
        channel: grpc.Channel,
        request: BuildRequest,
        *,
        credentials: Callable[[str], Credentials],
    ) -> None:
        if request.outputs:
            raise BadRequest("a result that is looked at is not exported: build it for that")
        self.channel = channel
        self.build_id = secrets.token_hex(12)
        self.metadata = (("buildkit-controlapi-buildid", self.build_id),)
        self._request = request
        self._sources = attributes.sources(request)
        self._failures = Failures()
        self._session = Session(
            channel,
            services(request, self._sources, credentials, self._failures, {}),
            shared_key=shared_key(self._sources.folders, self._sources.trees.values()),
            name=attributes.context_name(request),
        )
        self.calls = self._session.calls
        self._solve: grpc.Future[messages.SolveResponse] | None = None

    def __enter__(self) -> Self:
        self._session.__enter__()
        try:
            message = messages.SolveRequest(
                ref=self.build_id,
                session=self._session.id,
                entitlements=attributes.entitlements(self._request),
                internal=True,
            )
            self._solve = begin(self.channel, CONTROL + "Solve", message, messages.SolveResponse)
            self.call("Ping", messages.Empty(), messages.PongResponse)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the builder forget the results."""
        if self._solve and not self._solve.done():
            # Not ended with Return: one that carries neither result nor error kills the builder.
            self._solve.cancel()
        self._session.close()

    def call(
        self, method: str, request: Sent, answer: type[A], *, timeout: float | None = None
    ) -> A:
        """A call that belongs to this build."""
        pending = begin(
            self.channel,
            GATEWAY + method,
            request,
            answer,
            metadata=self.metadata,
            timeout=timeout,
        )
        try:
            with self.calls.follow(pending):
                return pending.result()
        except Cancelled as error:
            if self._failures.first:
                raise self._failures.first from error
            raise

    def solve(self, *, options: Mapping[str, str] | None = None, evaluate: bool = False) -> Result:
        """The result of the request. Without `evaluate` steps run when they are needed.

        `options` are further attributes of the frontend.
        """
        rules = policy.encode(self._request.source_policy)
        request = messages.GatewaySolveRequest(
            frontend="dockerfile.v0",
            frontend_opt=attributes.attributes(self._request)
            | self._sources.attributes
            | dict(options or {}),
            allow_result_return=True,
            allow_result_array_ref=True,
            evaluate=evaluate,
            source_policies=[rules] if rules else [],
        )
        result = self.call("Solve", request, messages.GatewaySolveResponse).result
        if result.WhichOneof("result") == "refs":
            raise BadRequest("one platform at a time can be looked at")
        return Result(self, result.ref.id, dict(result.metadata))

    def failed_state(self, failure: BuildFailed) -> Result:
        """The files as they were when a RUN failed: what `solve(evaluate=True)` raised. Only a
        container sees them: the builder cannot read or list them for us."""
        mounts = details_of(failure).mount_ids
        if not mounts or not mounts[0]:
            raise BadRequest("the builder kept no state of this failure")
        return Result(self, mounts[0], {})

    def resolve_image(self, name: str, *, platform: str = "", pull: bool = True) -> ImageReference:
        """Digest and configuration of an image. Without `pull` an image that the Engine has is
        enough; an Engine without the containerd image store then knows no digest."""
        request = messages.ResolveImageConfigRequest(
            ref=name,
            platform=encode_platform(platform),
            resolve_mode="pull" if pull else "default",
            log_name=f"resolve {name}",
        )
        answer = self.call("ResolveImageConfig", request, messages.ResolveImageConfigResponse)
        return ImageReference(name, answer.digest, answer.config)


def encode_platform(platform: str) -> messages.Platform | None:
    """`linux/arm64/v8` as a message; nothing for the builder's own platform."""
    if not platform:
        return None
    os, architecture, variant, *_ = [*platform.split("/"), "", ""]
    return messages.Platform(os=os, architecture=architecture, variant=variant)


def _encode(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")
