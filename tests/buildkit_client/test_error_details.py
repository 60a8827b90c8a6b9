"""Errors of gRPC, in our words."""

from __future__ import annotations

import base64
import json

import grpc
import pytest

from buildkit_client import (
    BadRequest,
    BuilderGone,
    BuildFailed,
    BuildKitError,
    Cancelled,
    NoBuilder,
    Rejected,
    StepFailed,
    TimedOut,
    Unsupported,
    messages,
)
from buildkit_client.error_details import decode, details_of, translated

SOURCE = b"FROM scratch\nRUN a; \\\n  b\nCOPY x /"


class Ended(grpc.RpcError):
    """The end of a call, as gRPC raises it."""

    def __init__(self, code: grpc.StatusCode, message: str, **details: object) -> None:
        self._code, self._message = code, message
        self._status = messages.RpcStatus(
            details=[
                messages.Detail(
                    type_url=f"github.com/moby/buildkit/{name.replace('__', '.')}+json",
                    value=json.dumps(value).encode(),
                )
                for name, value in details.items()
            ]
        )

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._message

    def trailing_metadata(self) -> tuple[tuple[str, str | bytes], ...]:  # type: ignore[override]
        return (("other", "x"), ("grpc-status-details-bin", self._status.SerializeToString()))


def source(*lines: int) -> dict[str, object]:
    ranges = [{"start": {"line": line}, "end": {"line": line}} for line in lines]
    info = {"filename": "Dockerfile", "data": base64.b64encode(SOURCE).decode()}
    return {"info": info, "ranges": ranges}


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (grpc.StatusCode.UNAVAILABLE, "Socket closed", BuilderGone),
        (grpc.StatusCode.UNAVAILABLE, "failed to connect to all addresses", NoBuilder),
        (grpc.StatusCode.CANCELLED, "Locally cancelled", Cancelled),
        (grpc.StatusCode.UNKNOWN, "failed to solve: context canceled", Cancelled),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded", TimedOut),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "Stream removed (Deadline Exceeded)", TimedOut),
        (grpc.StatusCode.UNKNOWN, "Stream removed (Socket closed)", BuilderGone),
        (grpc.StatusCode.UNIMPLEMENTED, "unknown method", Unsupported),
        (grpc.StatusCode.NOT_FOUND, "no such job", BadRequest),
        (grpc.StatusCode.UNKNOWN, "401 Unauthorized", BuildFailed),
    ],
)
def test_plain_codes(code: grpc.StatusCode, message: str, kind: type[BuildKitError]) -> None:
    assert type(decode(Ended(code, message))) is kind


def test_a_failed_run_has_its_lines_code_and_vertex() -> None:
    error = decode(
        Ended(
            grpc.StatusCode.UNKNOWN,
            "exit code: 7",
            gatewayapi__ExitMessage={"Code": 7},
            errdefs__Source=source(2, 3),
            errdefs__Vertex={"digest": "sha256:x"},
        )
    )
    assert isinstance(error, StepFailed)
    assert (error.exit_code, error.vertex) == (7, "sha256:x")
    assert error.location is not None
    assert (error.location.first, error.location.last) == (2, 3)
    assert error.location.text == "RUN a; \\\n  b"


def test_what_the_frontend_refused() -> None:
    error = decode(
        Ended(
            grpc.StatusCode.UNKNOWN,
            "parse error",
            errdefs__Frontend={"name": "dockerfile.v0"},
            errdefs__Source=source(4),
        )
    )
    assert isinstance(error, Rejected)
    assert error.location is not None
    assert error.location.text == "COPY x /"


def test_an_unknown_subrequest_is_not_supported() -> None:
    error = decode(
        Ended(grpc.StatusCode.UNKNOWN, "x", errdefs__Subrequest={"name": "frontend.lint"})
    )
    assert isinstance(error, Unsupported)
    assert "frontend.lint" in str(error)


@pytest.mark.parametrize(
    "details",
    [
        pytest.param({"errdefs__Source": {"info": 3, "ranges": None}}, id="other types"),
        pytest.param({"errdefs__Source": {"info": {}, "ranges": []}}, id="no ranges"),
        pytest.param({"errdefs__Source": [1]}, id="a list"),
        pytest.param({"gatewayapi__ExitMessage": "x"}, id="a text"),
    ],
)
def test_garbled_details_are_passed_over(details: dict[str, object]) -> None:
    error = decode(Ended(grpc.StatusCode.UNKNOWN, "failed", **details))
    assert isinstance(error, BuildFailed)
    assert error.location is None


def test_every_error_of_grpc_is_translated() -> None:
    for raised, kind in (
        (Ended(grpc.StatusCode.INTERNAL, "x"), BuildFailed),
        (grpc.FutureCancelledError(), Cancelled),
        (grpc.FutureTimeoutError(), TimedOut),
        (grpc.RpcError("bare"), BuildKitError),
    ):
        with pytest.raises(kind), translated():
            raise raised


def test_the_state_of_a_failed_step_can_be_found_again() -> None:
    error = BuildFailed("x")
    error.__cause__ = Ended(
        grpc.StatusCode.UNKNOWN, "x", errdefs__Solve={"mountIDs": ["m", ""], "inputIDs": []}
    )
    assert details_of(error).mount_ids == ("m", "")
    assert details_of(ValueError()).mount_ids == ()


def test_errors_say_whether_to_try_again() -> None:
    assert decode(Ended(grpc.StatusCode.UNAVAILABLE, "Socket closed")).may_be_retried
    assert not decode(Ended(grpc.StatusCode.UNKNOWN, "exit code: 1")).may_be_retried
