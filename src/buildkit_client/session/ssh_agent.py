"""SSH agents of this machine, for RUN --mount=type=ssh."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import grpc

from buildkit_client import messages
from buildkit_client.session.services import Handlers, unary
from buildkit_client.session.streams import CallEnded, Stream, refuse

DEFAULT = "default"
_CHUNK = 32 * 1024


def serve(agents: Mapping[str, Path]) -> Handlers:
    """Forward to agent sockets, by the id that a RUN names; `default` for one that names none."""

    def check(request: messages.CheckAgentRequest, _stream: Stream) -> messages.Empty:
        name = request.id or DEFAULT
        if name not in agents:
            refuse(grpc.StatusCode.NOT_FOUND, f"unset ssh forward key {name}")
        return messages.Empty()

    def forward(stream: Stream) -> None:
        name = stream.header("buildkit.ssh.id") or DEFAULT
        if name not in agents:
            refuse(grpc.StatusCode.NOT_FOUND, f"unset ssh forward key {name}")
        agent = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with agent:
            try:
                agent.connect(str(agents[name]))
            except OSError as error:
                message = f"the SSH agent at {agents[name]}: {error.strerror}"
                refuse(grpc.StatusCode.UNAVAILABLE, message)
            threading.Thread(target=_to_agent, args=(stream, agent), daemon=True).start()
            while data := agent.recv(_CHUNK):
                stream.send(messages.Bytes(data=data).SerializeToString())
                stream.flush()

    return {
        "/moby.sshforward.v1.SSH/CheckAgent": unary(messages.CheckAgentRequest, check),
        "/moby.sshforward.v1.SSH/ForwardAgent": forward,
    }


def _to_agent(stream: Stream, agent: socket.socket) -> None:
    with suppress(OSError, CallEnded):
        for message in stream:
            agent.sendall(messages.Bytes.FromString(message).data)
    with suppress(OSError):
        agent.shutdown(socket.SHUT_RDWR)
