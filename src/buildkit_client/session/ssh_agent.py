"""SSH agents of this machine, for RUN --mount=type=ssh."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import grpc

from buildkit_client import messages
from buildkit_client.session.services import Handlers, both, header, refuse, unary

DEFAULT = "default"
_CHUNK = 32 * 1024


def serve(agents: Mapping[str, Path]) -> Handlers:
    """Forward to agent sockets, by the id that a RUN names; `default` for one that names none."""

    def check(request: messages.CheckAgentRequest, context: grpc.ServicerContext) -> messages.Empty:
        name = request.id or DEFAULT
        if name not in agents:
            refuse(context, grpc.StatusCode.NOT_FOUND, f"unset ssh forward key {name}")
        return messages.Empty()

    def forward(incoming: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        name = header(context, "buildkit.ssh.id") or DEFAULT
        if name not in agents:
            refuse(context, grpc.StatusCode.NOT_FOUND, f"unset ssh forward key {name}")
        agent = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with agent:
            try:
                agent.connect(str(agents[name]))
            except OSError as error:
                message = f"the SSH agent at {agents[name]}: {error.strerror}"
                refuse(context, grpc.StatusCode.UNAVAILABLE, message)
            threading.Thread(target=_to_agent, args=(incoming, agent), daemon=True).start()
            while data := agent.recv(_CHUNK):
                yield messages.Bytes(data=data).SerializeToString()

    return {
        "/moby.sshforward.v1.SSH/CheckAgent": unary(messages.CheckAgentRequest, check),
        "/moby.sshforward.v1.SSH/ForwardAgent": both(forward),
    }


def _to_agent(incoming: Iterator[bytes], agent: socket.socket) -> None:
    with suppress(OSError, grpc.RpcError):
        for message in incoming:
            agent.sendall(messages.Bytes.FromString(message).data)
    with suppress(OSError):
        agent.shutdown(socket.SHUT_RDWR)
