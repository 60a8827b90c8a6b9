"""Secrets of a build: values, files or environment variables, by the id that a RUN names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import grpc

from buildkit_client import messages
from buildkit_client.errors import BadRequest
from buildkit_client.session.services import Handlers, unary
from buildkit_client.session.streams import Stream, refuse

#: BuildKit's own limit.
LIMIT = 500 * 1024


@dataclass(frozen=True, slots=True)
class FromFile:
    """A secret that is read when the builder asks for it."""

    path: Path


@dataclass(frozen=True, slots=True)
class FromEnvironment:
    """A secret in an environment variable of this process."""

    name: str


Secret = bytes | FromFile | FromEnvironment


def serve(secrets: Mapping[str, Secret]) -> Handlers:
    """Answer for the ids given and no other: unknown optional secrets are left out of the RUN.

    Raises BadRequest for one that cannot be read now.
    """
    for name, secret in secrets.items():
        read(name, secret)

    def get(request: messages.SecretRequest, _stream: Stream) -> messages.Bytes:
        if request.id not in secrets:
            refuse(grpc.StatusCode.NOT_FOUND, f"secret {request.id} not found")
        try:
            return messages.Bytes(data=read(request.id, secrets[request.id]))
        except BadRequest as error:
            # Not NOT_FOUND: a secret is optional by default, and would be left out.
            refuse(grpc.StatusCode.FAILED_PRECONDITION, str(error))

    return {"/moby.buildkit.secrets.v1.Secrets/GetSecret": unary(messages.SecretRequest, get)}


def read(name: str, secret: Secret) -> bytes:
    """The value, or BadRequest with what is wrong about it."""
    match secret:
        case FromFile(path):
            try:
                value = path.read_bytes()
            except OSError as error:
                raise BadRequest(f"secret {name}: {path}: {error.strerror}") from error
        case FromEnvironment(variable):
            found = os.environb.get(os.fsencode(variable))
            if found is None:
                raise BadRequest(f"secret {name}: the variable {variable} is not set")
            value = found
        case _:
            value = secret
    if len(value) > LIMIT:
        raise BadRequest(f"secret {name} is larger than {LIMIT} bytes")
    return value
