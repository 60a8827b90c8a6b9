"""Auth: the builder asks for a registry's credentials when the registry asks for some."""

from __future__ import annotations

from collections.abc import Callable

import grpc

from buildkit_client import messages
from buildkit_client.docker_config import Credentials
from buildkit_client.session.services import Handlers, unary
from buildkit_client.session.streams import Stream, refuse

_SERVICE = "/moby.filesync.v1.Auth/"


def serve(credentials: Callable[[str], Credentials]) -> Handlers:
    """Answer with what `credentials(host)` says."""

    def answer(
        request: messages.CredentialsRequest, _stream: Stream
    ) -> messages.CredentialsResponse:
        found = credentials(request.host)
        return messages.CredentialsResponse(username=found.username, secret=found.password)

    def no_authority(_request: messages.Empty, _stream: Stream) -> messages.Empty:
        # The builder then asks for the credentials and fetches the token itself.
        refuse(grpc.StatusCode.UNAVAILABLE, "tokens are fetched by the builder")

    return {
        _SERVICE + "Credentials": unary(messages.CredentialsRequest, answer),
        _SERVICE + "GetTokenAuthority": unary(messages.Empty, no_authority),
    }
