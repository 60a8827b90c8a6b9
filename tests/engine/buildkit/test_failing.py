"""Builds that fail, each in the right error."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from tests.engine.buildkit.conftest import SHELL, MakeContext

from buildkit_client import (
    BadRequest,
    Builder,
    BuildFailed,
    BuildRequest,
    Cancelled,
    ExportFailed,
    LocalDirectory,
    Rejected,
    StepFailed,
    Tar,
    TimedOut,
)

pytestmark = pytest.mark.engine


def request(context: Path, more: bytes, **fields: object) -> BuildRequest:
    """A build with a shell; its Dockerfile has three lines before `more`."""
    return BuildRequest(context=context, dockerfile=SHELL + more, network="host", **fields)  # type: ignore[arg-type]


def test_a_run_that_fails_tells_line_code_and_last_words(
    builder: Builder, make_context: MakeContext
) -> None:
    with pytest.raises(StepFailed) as caught:
        builder.build(request(make_context(), b"RUN echo one >&2; \\\n  echo two >&2; exit 7\n"))
    failure = caught.value
    assert failure.exit_code == 7
    assert failure.location is not None
    assert (failure.location.first, failure.location.last) == (4, 5)
    assert failure.location.text.startswith("RUN echo one")
    assert failure.log_tail == ("one", "two")
    assert failure.step.startswith("[3/3] RUN echo one >&2;")


def test_an_error_in_a_dockerfile_of_a_megabyte_with_2000_patterns(
    builder: Builder, make_context: MakeContext
) -> None:
    patterns = b"".join(b"some/where/pattern-%d\n" % number for number in range(2000))
    comment = (b"# " + b"x" * 997 + b"\n") * 1000
    with pytest.raises(StepFailed) as caught:
        builder.build(
            request(
                make_context(**{".dockerignore": patterns}),
                b"COPY . /all\n" + comment + b"RUN echo last words; exit 3\n",
            )
        )
    failure = caught.value
    assert failure.location is not None
    assert (failure.exit_code, failure.location.first) == (3, 1005)
    assert failure.log_tail == ("last words",)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param(b"RUNN x\n", "unknown instruction", id="an unknown instruction"),
        pytest.param(b"FROM localhost:1/none\nCOPY a b\n", "localhost:1", id="no such image"),
    ],
)
def test_what_the_frontend_refuses(
    builder: Builder, make_context: MakeContext, more: bytes, said: str
) -> None:
    with pytest.raises(Rejected, match=said) as caught:
        builder.build(request(make_context(), more))
    assert caught.value.location is not None
    assert caught.value.location.first == 4


def told(suite: str) -> type[BuildFailed]:
    """An older BuildKit does not say that it was the frontend that refused."""
    return Rejected if suite == "sid" else BuildFailed


def test_an_unknown_target(builder: Builder, suite: str, make_context: MakeContext) -> None:
    with pytest.raises(told(suite), match="zz"):
        builder.build(request(make_context(), b"", target="zz"))


def test_a_file_to_copy_that_is_not_there(builder: Builder, make_context: MakeContext) -> None:
    with pytest.raises(BuildFailed, match="/nope") as caught:
        builder.build(request(make_context(), b"COPY nope /\n"))
    assert caught.value.location is not None
    assert caught.value.location.text == "COPY nope /"


def test_a_secret_that_is_not_given(builder: Builder, make_context: MakeContext) -> None:
    with pytest.raises(BuildFailed, match="s: not found"):
        builder.build(
            request(
                make_context(), b"RUN --mount=type=secret,id=s,required=true cat /run/secrets/s"
            )
        )


def test_a_context_that_is_not_there(builder: Builder, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="is not a directory"):
        builder.build(BuildRequest(context=tmp_path / "none"))


def test_a_dockerfile_that_is_not_there(
    builder: Builder, suite: str, make_context: MakeContext
) -> None:
    with pytest.raises(told(suite), match="Dockerfile"):
        builder.build(BuildRequest(context=make_context()))


def test_a_time_limit_ends_the_build(builder: Builder, make_context: MakeContext) -> None:
    began = time.monotonic()
    with pytest.raises(TimedOut):
        builder.build(request(make_context(), b"RUN sleep 31\n"), timeout=3)
    assert time.monotonic() - began < 8


def test_a_build_can_be_stopped_from_another_thread(
    builder: Builder, make_context: MakeContext
) -> None:
    with builder.start(request(make_context(), b"RUN sleep 32\n")) as build:
        threading.Timer(2, build.cancel).start()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            build.result()
        assert time.monotonic() - began < 7


def test_a_result_that_cannot_be_written(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    def full(_data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(ExportFailed, match="No space left"):
        builder.build(request(make_context(), b"", outputs=(Tar(full),)))


def test_a_local_result_does_not_replace_a_folder(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    (tmp_path / "out" / "f").mkdir(parents=True)
    with pytest.raises(ExportFailed, match="is a directory here"):
        builder.build(
            BuildRequest(
                context=make_context(f=b""),
                dockerfile=b"FROM scratch\nCOPY f /",
                outputs=(LocalDirectory(tmp_path / "out"),),
            )
        )
