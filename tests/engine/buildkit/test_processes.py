"""Processes in a result, and files of it, at their limits."""

from __future__ import annotations

import resource
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from tests.engine.buildkit.conftest import SHELL, EndsIn, MakeContext

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

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_stays")]

MEGABYTE = 1 << 20


def request(make_context: MakeContext, more: bytes = b"") -> BuildRequest:
    return BuildRequest(context=make_context(), dockerfile=SHELL + more, network="host")


def sh(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


@pytest.mark.parametrize("size", [8_000_000, pytest.param(150_000_000, marks=pytest.mark.slow)])
def test_a_flood_of_output_is_counted_not_kept(
    builder: Builder, make_context: MakeContext, size: int
) -> None:
    seen = 0

    def count(_stream: int, data: bytes) -> None:
        nonlocal seen
        seen += len(data)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    looked = builder.look(request(make_context))
    with looked as gateway, gateway.solve().container() as container:
        script = f"head -c {size} /dev/zero; echo end >&2"
        done = container.run(sh(script), on_output=count, keep=MEGABYTE)
    assert (len(done.stdout), done.stderr) == (MEGABYTE, b"end\n")
    assert seen == size + 4
    assert done.left_out == size - MEGABYTE
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 80 * 1024  # in kilobytes: much less than what came


def test_a_process_waits_for_a_slow_reader(
    builder: Builder, make_context: MakeContext, ends_in: EndsIn
) -> None:
    """A flood without end, of which little gets through: the rest is never written."""
    seen = 0

    def slow(_stream: int, data: bytes) -> None:
        nonlocal seen
        seen += len(data)
        time.sleep(0.05)

    looked = builder.look(request(make_context))
    with (
        looked as gateway,
        gateway.solve().container() as container,
        ends_in(TimedOut, "time that was given", within=4 + 5),
    ):
        container.run(["/bin/yes"], on_output=slow, keep=0, timeout=4)
    assert 0 < seen < 50 * MEGABYTE


def test_a_process_that_ignores_signals_ends_at_its_time_limit(
    builder: Builder, make_context: MakeContext, ends_in: EndsIn
) -> None:
    looked = builder.look(request(make_context))
    script = "trap '' TERM INT HUP; echo on; while :; do sleep 1; done"
    with (
        looked as gateway,
        gateway.solve().container() as container,
        ends_in(TimedOut, "time that was given", within=4 + 5),
    ):
        container.run(sh(script), timeout=4)


def test_a_function_for_output_that_raises_ends_the_process(
    builder: Builder, make_context: MakeContext
) -> None:
    def confused(_stream: int, _data: bytes) -> None:
        raise LookupError("of the caller")

    looked = builder.look(request(make_context))
    with (
        looked as gateway,
        gateway.solve().container() as container,
        pytest.raises(LookupError, match="of the caller"),
    ):
        container.run(sh("echo now; sleep 60"), on_output=confused)


def test_a_gateway_that_is_closed_ends_its_processes(
    builder: Builder, make_context: MakeContext
) -> None:
    """Input that nobody reads does not hold it up."""
    with builder.look(request(make_context)) as gateway:
        closing = threading.Thread(target=gateway.close)
        with gateway.solve().container() as container, suppress(BuildKitError):
            done = container.run(
                sh("echo now; sleep 60"),
                stdin=b"x" * (8 * MEGABYTE),
                on_output=lambda _stream, _data: closing.start(),
            )
            assert done.code != 0
        began = time.monotonic()
        closing.join()
        assert time.monotonic() - began < 5


def test_a_tmpfs_and_another_result_are_mounted(
    builder: Builder, make_context: MakeContext
) -> None:
    with builder.look(request(make_context)) as gateway:
        root = gateway.solve()
        options = ContainerOptions(tmpfs=["/t"], mounts={"/m": root}, hostname="h")
        with root.container(options) as container:
            script = (
                "hostname; grep -c ' /t tmpfs ' /proc/mounts; touch /t/f && ls /t;"
                " ls /m/bin/busybox; touch /m/f 2>/dev/null || echo read only"
            )
            done = container.run(sh(script))
    assert done.stdout.split(b"\n")[:-1] == [
        b"h",
        b"1",
        b"f",
        b"/m/bin/busybox",
        b"read only",
    ]


def test_processes_beside_the_first(builder: Builder, make_context: MakeContext) -> None:
    """The first is the container; others come and go while it lasts, and not after it."""
    looked = builder.look(request(make_context))
    with looked as gateway, gateway.solve().container() as container:
        on = threading.Event()
        first = threading.Thread(
            target=lambda: container.run(
                sh("echo on; while [ ! -e /stop ]; do sleep 0.1; done"),
                on_output=lambda _stream, _data: on.set(),
            )
        )
        first.start()
        assert on.wait(30)
        assert container.run(sh("echo 1")).stdout == b"1\n"
        assert container.run(sh("touch /stop")).code == 0
        first.join()
        with pytest.raises(BadRequest, match="make another one"):
            container.run(sh("true"))


def test_a_process_that_fails_is_the_last(builder: Builder, make_context: MakeContext) -> None:
    looked = builder.look(request(make_context))
    with looked as gateway, gateway.solve().container() as container:
        on = threading.Event()
        codes: list[int] = []
        first = threading.Thread(
            target=lambda: codes.append(
                container.run(sh("echo on; sleep 60"), on_output=lambda *_: on.set()).code
            )
        )
        first.start()
        assert on.wait(30)
        assert container.run(sh("exit 5")).code == 5
        first.join(5)
        assert codes
        assert codes[0] != 0
        with pytest.raises(BadRequest, match="make another one"):
            container.run(sh("true"))


@pytest.mark.parametrize("command", ["/no/such", "/", "/etc"])
def test_a_command_that_is_none(builder: Builder, make_context: MakeContext, command: str) -> None:
    looked = builder.look(request(make_context))
    with looked as gateway, gateway.solve().container() as container:
        try:
            assert container.run([command]).code != 0
        except BuildKitError as error:
            assert "could not be started" in str(error)  # noqa: PT017


def test_odd_files_of_a_result(builder: Builder, make_context: MakeContext) -> None:
    more = (
        b"RUN mkdir /d && cd /d && mkfifo p && mknod n c 1 3 && ln -s /nowhere l && ln -s l2 l2"
        b" && touch 0 && printf x > $(printf 'a\\nb') && printf x > '*' && truncate -s 3G big"
        b" && printf tail >> big\n"
    )
    with builder.look(request(make_context, more)) as gateway:
        result = gateway.solve()
        found = {entry.name: entry for entry in result.list("/d")}
        assert set(found) == {"p", "n", "l", "l2", "0", "a\nb", "*", "big"}
        assert (found["l"].is_link, found["l"].target) == (True, "/nowhere")
        assert found["big"].size == (3 << 30) + 4
        assert result.read("/d/big", offset=3 << 30) == b"tail"
        assert result.read("/d/big", offset=(3 << 30) + 2, length=1) == b"i"
        assert len(result.read("/d/big", length=9 << 20)) == 9 << 20
        assert result.read("/d/big", offset=4 << 30) == b""
        assert result.read("/d/0") == b""
        assert result.read("/d/a\nb") == b"x"
        assert [entry.name for entry in result.list("/d", pattern="b*")] == ["big"]
        assert not result.list("/d", pattern="none*")
        # The builder itself would wait at a pipe, and read a device until its memory is full.
        for odd in ("/d/p", "/d/n", "/d/l", "/d/l2", "/d", "/none", "/d/0/x", ""):
            with pytest.raises(BadRequest):
                result.read(odd)
        for part in ({"offset": -1}, {"length": -1}):
            with pytest.raises(BadRequest):
                result.read("/d/big", **part)
        for odd in ("/d/0", "/none", "/d/l"):
            with pytest.raises(BuildKitError):
                result.list(odd)
        assert result.stat("/d").is_directory
        for escape in ("/../../../etc/hostname", "../../etc/shadow"):
            with pytest.raises(BuildKitError):
                result.read(escape)
    assert builder.workers()


def test_the_failed_state_of_a_run_that_was_not_the_last(
    builder: Builder, make_context: MakeContext
) -> None:
    more = b"RUN echo 1 > /one\nRUN echo 2 > /two; exit 6\nRUN echo 3 > /three\n"
    with builder.look(request(make_context, more)) as gateway:
        with pytest.raises(StepFailed) as caught:
            gateway.solve(evaluate=True)
        failed = gateway.failed_state(caught.value)
        with pytest.raises(BadRequest, match="from a container on it"):
            failed.list()
        with failed.container() as container:
            assert container.run(sh("cat /one /two; ls /three")).stdout == b"1\n2\n"
        with pytest.raises(BadRequest, match="no state"):
            gateway.failed_state(StepFailed("another"))


def test_what_the_frontend_does_not_know_is_unsupported(
    builder: Builder, suite: str, make_context: MakeContext
) -> None:
    """An older one has no checks; and none has what was never heard of."""
    with builder.look(request(make_context)) as gateway:
        with pytest.raises(Unsupported, match=r"frontend\.none"):
            gateway.solve(options={"requestid": "frontend.none"})
        if suite == "trixie":
            with pytest.raises(Unsupported, match=r"frontend\.lint"):
                subrequests.lint(gateway)
        else:
            assert not subrequests.lint(gateway).build_error
        assert subrequests.outline(gateway).secrets == ()
        assert subrequests.targets(gateway)


def test_an_unknown_build_of_the_past(builder: Builder, make_context: MakeContext) -> None:
    result = builder.build(request(make_context))
    builder.forget(result.ref)
    for ref, call in (
        (result.ref, builder.record),
        ("never-was", builder.record),
        ("never-was", builder.pin),
    ):
        with pytest.raises(BadRequest, match="remembers no build"):
            call(ref)
    assert builder.workers()


def test_pruning_takes_what_its_filter_says(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    builder.build(request(make_context, b"RUN echo pruned > /f\n"))
    regular = {record.id for record in builder.disk_usage("type==regular")}
    (record, *_) = builder.disk_usage("type==source.local")
    pruned = {item.id for item in builder.prune(filters=(f"id=={record.id}",))}
    assert pruned == {record.id}
    assert record.id not in {item.id for item in builder.disk_usage()}
    assert {item.id for item in builder.disk_usage("type==regular")} == regular
    assert not builder.prune(unused_for=3600.0 * 24)
    assert builder.disk_usage("type==none.such") == ()
