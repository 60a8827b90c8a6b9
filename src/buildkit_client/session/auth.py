"""Auth: the builder asks for a registry's credentials when the registry asks for some."""

from __future__ import annotations

from collections.abc import Callable

import grpc

from buildkit_client import messages
from buildkit_client.docker_config import Credentials
from buildkit_client.errors import BadRequest
from buildkit_client.session.services import Failures, Handlers, unary
from buildkit_client.session.streams import Stream, refuse

_SERVICE = "/moby.filesync.v1.Auth/"


def serve(credentials: Callable[[str], Credentials], failures: Failures) -> Handlers:
    """Answer with what `credentials(host)` says. What that raises ends the build."""

    def answer(
        request: messages.CredentialsRequest, _stream: Stream
    ) -> messages.CredentialsResponse:
        try:
            found = _ask(credentials, request.host)
        except BadRequest as failure:
            failures.add(failure)
            refuse(grpc.StatusCode.FAILED_PRECONDITION, str(failure))
        return messages.CredentialsResponse(username=found.username, secret=found.password)

    def no_authority(_request: messages.Empty, _stream: Stream) -> messages.Empty:
        # The builder then asks for the credentials and fetches the token itself.
        refuse(grpc.StatusCode.UNAVAILABLE, "tokens are fetched by the builder")

    return {
        _SERVICE + "Credentials": unary(messages.CredentialsRequest, answer),
        _SERVICE + "GetTokenAuthority": unary(messages.Empty, no_authority),
    }


def _ask(credentials: Callable[[str], Credentials], host: str) -> Credentials:
    try:
        return credentials(host)
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise BadRequest(f"the function that knows credentials raised {what}") from error
