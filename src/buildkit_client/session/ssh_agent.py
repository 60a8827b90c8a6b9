"""SSH agents of this machine, for RUN --mount=type=ssh."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import grpc

from buildkit_client import messages
from buildkit_client.errors import BadRequest
from buildkit_client.session.services import Failures, Handlers, unary
from buildkit_client.session.streams import CallEnded, Stream, refuse

DEFAULT = "default"
_CHUNK = 32 * 1024
_CONNECT_SECONDS = 3.0


def serve(agents: Mapping[str, Path], failures: Failures) -> Handlers:
    """Forward to agent sockets, by the id that a RUN names; `default` for one that names none.

    Raises BadRequest for one that nobody listens at.
    """
    for path in agents.values():
        _connect(path).close()

    def connect(name: str) -> socket.socket:
        if name not in agents:
            refuse(grpc.StatusCode.NOT_FOUND, f"no SSH agent was given for the id {name}")
        try:
            return _connect(agents[name])
        except BadRequest as error:
            # The agent is optional to a RUN by default: the builder would leave it out.
            failures.add(error)
            refuse(grpc.StatusCode.FAILED_PRECONDITION, str(error))

    def check(request: messages.CheckAgentRequest, _stream: Stream) -> messages.Empty:
        connect(request.id or DEFAULT).close()
        return messages.Empty()

    def forward(stream: Stream) -> None:
        with connect(stream.header("buildkit.ssh.id") or DEFAULT) as agent:
            threading.Thread(target=_to_agent, args=(stream, agent), daemon=True).start()
            while data := agent.recv(_CHUNK):
                stream.send(messages.Bytes(data=data).SerializeToString())
                stream.flush()

    return {
        "/moby.sshforward.v1.SSH/CheckAgent": unary(messages.CheckAgentRequest, check),
        "/moby.sshforward.v1.SSH/ForwardAgent": forward,
    }


def _connect(path: Path) -> socket.socket:
    agent = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        agent.settimeout(_CONNECT_SECONDS)
        agent.connect(str(path))
    except OSError as error:
        agent.close()
        raise BadRequest(f"the SSH agent at {path} does not answer: {error}") from error
    agent.settimeout(None)
    return agent


def _to_agent(stream: Stream, agent: socket.socket) -> None:
    with suppress(OSError, CallEnded):
        for message in stream:
            agent.sendall(messages.Bytes.FromString(message).data)
    with suppress(OSError):
        agent.shutdown(socket.SHUT_RDWR)
