"""Results that are looked at: files, processes, subrequests, history; and calls that are refused
because they would bring the daemon down."""

from __future__ import annotations

import time

import pytest
from tests.engine.buildkit.conftest import SHELL, MakeContext

from buildkit_client import (
    BadRequest,
    Builder,
    BuildKitError,
    BuildRequest,
    ContainerOptions,
    StepFailed,
    TimedOut,
    Unsupported,
    subrequests,
)

pytestmark = pytest.mark.engine


def request(make_context: MakeContext, more: bytes = b"") -> BuildRequest:
    return BuildRequest(context=make_context(), dockerfile=SHELL + more, network="host")


def test_files_of_a_result(builder: Builder, make_context: MakeContext) -> None:
    more = b"RUN mkdir /d; printf 12345 > /d/f; ln -s f /d/l; chmod 4750 /d/f\nENV A=b\nUSER 7\n"
    with builder.look(request(make_context, more)) as gateway:
        result = gateway.solve()
        assert result.read("/d/f") == b"12345"
        assert result.read("/d/f", offset=1, length=3) == b"234"
        assert [(entry.name, entry.target) for entry in result.list("/d")] == [
            ("f", ""),
            ("l", "f"),
        ]
        assert (result.stat("/d/l").size, oct(result.stat("/d/f").mode)) == (5, "0o104750")
        config = result.config["config"]
        assert isinstance(config, dict)
        assert config["User"] == "7"
        with pytest.raises(BadRequest, match="/missing"):
            result.read("/missing")


def test_a_lazy_result_fails_when_it_is_looked_at(
    builder: Builder, make_context: MakeContext
) -> None:
    with builder.look(request(make_context, b"RUN exit 4\n")) as gateway:
        result = gateway.solve()
        with pytest.raises(StepFailed) as caught:
            result.evaluate()
    assert caught.value.exit_code == 4


def test_a_process_gets_input_and_gives_output_and_a_code(
    builder: Builder, make_context: MakeContext
) -> None:
    more = (
        b"RUN mkdir -p /etc && echo 'u:x:12:12::/:/bin/sh' > /etc/passwd"
        b" && echo 'u:x:12:' > /etc/group\n"
    )
    with builder.look(request(make_context, more)) as gateway:
        result = gateway.solve()
        with result.container() as container:
            done = container.run(
                ["/bin/sh", "-c", "cat; echo $X $(pwd) $(id -u) >&2; exit 3"],
                stdin=b"x" * 300_000,
                env={"X": "y"},
                cwd="/bin",
                user="u",
            )
        assert (done.code, done.stderr) == (3, b"y /bin 12\n")
        assert done.stdout == b"x" * 300_000


def test_a_process_has_no_network_unless_it_is_asked_for(
    builder: Builder, make_context: MakeContext
) -> None:
    def interfaces(options: ContainerOptions | None) -> int:
        looked = builder.look(request(make_context))
        with looked as gateway, gateway.solve().container(options) as container:
            return len(container.run(["/bin/ls", "/sys/class/net"]).stdout.split())

    assert interfaces(None) == 1
    assert interfaces(ContainerOptions(network="host", tmpfs=["/tmp"])) >= 1


def test_a_process_that_takes_too_long_is_killed(
    builder: Builder, make_context: MakeContext
) -> None:
    looked = builder.look(request(make_context))
    with looked as gateway, gateway.solve().container() as container:
        began = time.monotonic()
        with pytest.raises(TimedOut):
            container.run(["/bin/sleep", "30"], timeout=1)
        assert time.monotonic() - began < 6


def test_the_state_in_which_a_run_failed(builder: Builder, make_context: MakeContext) -> None:
    with builder.look(request(make_context, b"RUN echo trace > /trace; exit 9\n")) as gateway:
        with pytest.raises(StepFailed) as caught:
            gateway.solve(evaluate=True)
        with gateway.failed_state(caught.value).container() as container:
            assert container.run(["/bin/cat", "/trace"]).stdout == b"trace\n"


def test_subrequests(builder: Builder, suite: str, make_context: MakeContext) -> None:
    more = (
        b"ARG V=1\nRUN --mount=type=secret,id=s echo $V\n"
        b"from scratch AS last\nCOPY --from=0 /bin /bin\n"
    )
    with builder.look(request(make_context, more)) as gateway:
        names = [(target.name, target.is_default) for target in subrequests.targets(gateway)]
        assert names == [("", False), ("last", True)]
        outline = subrequests.outline(gateway)
        assert [(item.name, item.value) for item in outline.arguments] == [("V", "1")]
        assert outline.secrets == ("s",)
        if suite != "sid":
            with pytest.raises(Unsupported, match=r"does not know frontend\.lint"):
                subrequests.lint(gateway)
            return
        report = subrequests.lint(gateway)
        assert {finding.rule for finding in report.findings} >= {"ConsistentInstructionCasing"}
        assert not report.build_error


def test_a_dockerfile_that_cannot_be_built_is_a_finding(
    builder: Builder, suite: str, make_context: MakeContext
) -> None:
    with builder.look(request(make_context, b"RUNN x\n")) as gateway:
        if suite == "sid":
            assert "unknown instruction" in subrequests.lint(gateway).build_error
        else:
            with pytest.raises(BuildKitError):
                subrequests.lint(gateway)


def test_history_survives_a_forgotten_build(builder: Builder, make_context: MakeContext) -> None:
    """A limit or a filter in the request would crash the daemon now: there is no way to say one."""
    result = builder.build(request(make_context))
    found = builder.record(result.ref)
    assert (found.error, found.steps > 0) == ("", True)
    assert {step.name for step in builder.replay(result.ref).steps} >= {
        "[1/2] COPY busybox /bin/busybox"
    }
    builder.pin(result.ref)
    assert builder.record(result.ref).pinned
    builder.pin(result.ref, pinned=False)
    builder.forget(result.ref)
    assert result.ref not in {record.ref for record in builder.history()}
    with pytest.raises(BuildKitError):
        builder.record(result.ref)
    assert builder.workers()


def test_nothing_can_be_run_in_an_empty_result(builder: Builder, make_context: MakeContext) -> None:
    with builder.look(BuildRequest(dockerfile=b"FROM scratch\n")) as gateway:
        result = gateway.solve()
        with pytest.raises(BadRequest), result.container() as container:
            container.run(["/bin/true"])
    assert builder.workers()


def test_a_process_needs_a_command(builder: Builder, make_context: MakeContext) -> None:
    looked = builder.look(request(make_context))
    with looked as gateway, gateway.solve().container() as container, pytest.raises(BadRequest):
        container.run([])
    assert builder.workers()


def test_pruning_says_what_it_prunes(builder: Builder, make_context: MakeContext) -> None:
    with pytest.raises(BadRequest, match="what to prune"):
        builder.prune()
    builder.build(request(make_context))
    held = {record.id for record in builder.disk_usage("type==source.local")}
    pruned = {record.id for record in builder.prune(filters=("type==source.local",))}
    assert held & pruned
