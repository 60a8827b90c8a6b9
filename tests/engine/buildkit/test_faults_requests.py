"""Builds that ask for what is not there, not allowed, or too much."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.engine.buildkit.conftest import SHELL, EndsIn, MakeContext

from buildkit_client import (
    BadRequest,
    Builder,
    BuildFailed,
    BuildRequest,
    ExportFailed,
    LocalDirectory,
    Rejected,
    StepFailed,
    Tar,
)
from buildkit_client.request import FromEnvironment, FromFile

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_stays")]


def request(context: Path, more: bytes = b"", **fields: object) -> BuildRequest:
    return BuildRequest(context=context, dockerfile=SHELL + more, network="host", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param(FromFile(Path("/none/such")), id="a file"),
        pytest.param(FromEnvironment("NO_SUCH_VARIABLE"), id="a variable"),
        pytest.param(b"x" * (500 * 1024 + 1), id="too large"),
    ],
)
def test_a_secret_that_is_given_but_not_there(
    builder: Builder, make_context: MakeContext, ends_in: EndsIn, secret: FromFile
) -> None:
    """It is optional to the RUN, so the builder would leave it out and go on."""
    run = b"RUN --mount=type=secret,id=s true\n"
    with ends_in(BadRequest, "secret s"):
        builder.build(request(make_context(), run, secrets={"s": secret}))


def test_a_secret_that_goes_away(
    builder: Builder, make_context: MakeContext, ends_in: EndsIn, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(b"1")
    run = b"RUN --mount=type=secret,id=s cat /run/secrets/s\n"
    asked = request(make_context(), run, secrets={"s": FromFile(tmp_path / "secret")})
    with builder.start(asked) as build:
        (tmp_path / "secret").unlink()
        with ends_in(BuildFailed, "secret s: .* No such file"):
            build.result()


SSH = b"RUN --mount=type=ssh%s true\n"


def test_an_ssh_agent_that_is_not_given(
    builder: Builder, make_context: MakeContext, ends_in: EndsIn
) -> None:
    with ends_in(BuildFailed, "no SSH key"):
        builder.build(request(make_context(), SSH % b",required=true"))


@pytest.mark.parametrize("what", ["none", "dead", "a file"])
def test_an_ssh_agent_that_does_not_answer(
    builder: Builder, make_context: MakeContext, ends_in: EndsIn, tmp_path: Path, what: str
) -> None:
    place = tmp_path / "agent"
    if what == "dead":
        with socket.socket(socket.AF_UNIX) as agent:
            agent.bind(str(place))
    elif what == "a file":
        place.touch()
    with ends_in(BadRequest, "SSH agent at .* does not answer"):
        builder.build(request(make_context(), SSH % b"", ssh={"default": place}))


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "agent"))
        listening.listen(8)
        yield listening


def test_an_ssh_agent_that_goes_away(
    builder: Builder, make_context: MakeContext, ends_in: EndsIn, tmp_path: Path, agent: object
) -> None:
    asked = request(make_context(), SSH % b"", ssh={"default": tmp_path / "agent"}, no_cache=True)
    with builder.start(asked) as build:
        (tmp_path / "agent").unlink()
        with ends_in(BadRequest, "SSH agent at .* does not answer"):
            build.result()


def test_a_frontend_that_is_not_there(
    builder: Builder, make_context: MakeContext, ends_in: EndsIn
) -> None:
    with ends_in(Rejected, "localhost:1/none"):
        builder.build(
            BuildRequest(
                context=make_context(), dockerfile=b"# syntax=localhost:1/none\nFROM scratch\n"
            )
        )


def test_a_run_that_fails_after_a_megabyte_of_output(
    builder: Builder, make_context: MakeContext, ends_in: EndsIn
) -> None:
    run = b"RUN yes 0123456789012345678901234567890 | head -c 1000000; echo last words; exit 9\n"
    with ends_in(StepFailed, "exit code: 9") as fault:
        builder.build(request(make_context(), run, no_cache=True))
    assert isinstance(fault.error, StepFailed)
    assert fault.error.exit_code == 9
    assert 0 < len(fault.error.log_tail) <= 50


def test_a_long_error_in_a_long_dockerfile(
    builder: Builder, make_context: MakeContext, ends_in: EndsIn
) -> None:
    """Both travel in one trailer, the Dockerfile as base64 in JSON."""
    word, comments = b"x" * 65_000, (b"# " + b"y" * 65_000 + b"\n") * 20
    dockerfile = b"FROM scratch\n" + comments + word
    with ends_in(Rejected, "unknown instruction: x{65000}") as fault:
        builder.build(BuildRequest(context=make_context(), dockerfile=dockerfile))
    assert isinstance(fault.error, Rejected)
    assert fault.error.location is not None
    assert (fault.error.location.first, len(fault.error.location.text)) == (22, 65_000)


@pytest.mark.parametrize("to", [Tar, LocalDirectory])
def test_a_result_with_no_place_to_go(
    builder: Builder,
    make_context: MakeContext,
    ends_in: EndsIn,
    tmp_path: Path,
    to: Callable[[Path], Tar | LocalDirectory],
) -> None:
    """Told before anything is built."""
    (tmp_path / "file").touch()
    place = tmp_path / ("none/result.tar" if to is Tar else "file")
    with ends_in(BadRequest, str(place)):
        builder.build(request(make_context(), outputs=(to(place),)))


def test_a_function_for_the_result_that_raises(
    builder: Builder, make_context: MakeContext, ends_in: EndsIn
) -> None:
    def confused(_data: bytes) -> None:
        raise LookupError("of the caller")

    with ends_in(ExportFailed, "raised LookupError: of the caller") as fault:
        builder.build(request(make_context(), outputs=(Tar(confused),)))
    assert isinstance(fault.error.__cause__, LookupError)


def test_a_local_result_goes_where_a_link_leads_and_through_no_other(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    """The folder that is named may be a link; what lies in it is not followed out."""
    (tmp_path / "real").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "out").symlink_to("real")
    (tmp_path / "real" / "d").symlink_to(tmp_path / "outside")
    (tmp_path / "real" / "f").symlink_to(tmp_path / "outside" / "f")
    stage = b"RUN mkdir -p /r/d && echo 1 > /r/d/f && echo 2 > /r/f\n"
    builder.build(
        request(
            make_context(),
            stage + b"FROM scratch\nCOPY --from=0 /r /\n",
            outputs=(LocalDirectory(tmp_path / "out"),),
        )
    )
    assert not list((tmp_path / "outside").iterdir())
    assert (tmp_path / "real" / "d" / "f").read_text() == "1\n"
    assert not (tmp_path / "real" / "f").is_symlink()
    assert (tmp_path / "out").is_symlink()
