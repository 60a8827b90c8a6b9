"""Builds that succeed."""

from __future__ import annotations

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.engine.buildkit.conftest import SHELL, MakeContext

from buildkit_client import Builder, BuildRequest, LocalDirectory, Step, Warned
from buildkit_client.request import FromEnvironment, FromFile

pytestmark = pytest.mark.engine


def built(builder: Builder, out: Path, **request: object) -> Path:
    """Build without a network of its own, and give the folder of the result."""
    builder.build(
        BuildRequest(network="host", outputs=(LocalDirectory(out),), **request)  # type: ignore[arg-type]
    )
    return out


def test_arguments_target_and_labels_reach_the_build(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    dockerfile = (
        SHELL + b"ARG X\nRUN echo $X > /x\nFROM scratch AS only\nCOPY --from=0 /x /\nFROM only"
    )
    out = built(
        builder,
        tmp_path / "out",
        context=make_context(),
        dockerfile=dockerfile,
        target="only",
        args={"X": "a b"},
        labels={"l": "1"},
    )
    assert [path.name for path in out.iterdir()] == ["x"]
    assert (out / "x").read_text() == "a b\n"


def test_a_second_build_is_cached_and_says_so(builder: Builder, make_context: MakeContext) -> None:
    request = BuildRequest(
        context=make_context(), dockerfile=SHELL + b"RUN echo 1 > /f", network="host"
    )
    builder.build(request)
    steps = {step.name: step for step in builder.build(request).steps if not step.is_internal}
    assert steps["[3/3] RUN echo 1 > /f"].cached
    assert not builder.build(request).warnings


def test_no_cache_runs_again(builder: Builder, make_context: MakeContext) -> None:
    request = BuildRequest(
        context=make_context(), dockerfile=SHELL + b"RUN echo 2 > /f", network="host", no_cache=True
    )
    builder.build(request)
    (step,) = [step for step in builder.build(request).steps if "echo 2" in step.name]
    assert not step.cached
    assert step.seconds > 0


def test_secrets_are_seen_by_the_run_that_asks_for_them(
    builder: Builder, make_context: MakeContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_TEST", "from env")
    (tmp_path / "secret").write_bytes(b"from file")
    mounts = b" ".join(b"--mount=type=secret,id=%s" % name for name in (b"a", b"b", b"c", b"none"))
    dockerfile = (
        SHELL
        + b"RUN %s cd /run/secrets && for s in *; do echo $s; cat $s; echo; done > /f" % mounts
    )
    out = built(
        builder,
        tmp_path / "out",
        context=make_context(),
        dockerfile=dockerfile,
        no_cache=True,
        secrets={
            "a": b"plain",
            "b": FromFile(tmp_path / "secret"),
            "c": FromEnvironment("SECRET_OF_THE_TEST"),
        },
    )
    assert (out / "f").read_text() == "a\nplain\nb\nfrom file\nc\nfrom env\n"


def test_named_contexts_are_folders(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "f").write_bytes(b"1")
    (other / "g").write_bytes(b"2")
    (other / ".dockerignore").write_bytes(b"g\n")
    out = built(
        builder,
        tmp_path / "out",
        dockerfile=b"FROM scratch\nCOPY --from=other . /",
        contexts={"other": other},
    )
    assert sorted(path.name for path in out.iterdir()) == [".dockerignore", "f"]


def test_a_dockerfile_may_lie_anywhere(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "My.Dockerfile").write_bytes(b"FROM scratch\nCOPY f /")
    out = built(
        builder,
        tmp_path / "out",
        context=make_context(f=b"1"),
        dockerfile=tmp_path / "d" / "My.Dockerfile",
    )
    assert (out / "f").read_bytes() == b"1"


def test_a_dockerfile_as_text_heeds_the_ignore_file_of_the_context(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    context = make_context(f=b"1", g=b"2", **{".dockerignore": b"g\nbusybox\n"})
    out = built(builder, tmp_path / "out", context=context, dockerfile=b"FROM scratch\nCOPY . /")
    assert sorted(path.name for path in out.iterdir()) == [".dockerignore", "f"]


def test_events_tell_steps_output_and_findings(
    builder: Builder, suite: str, make_context: MakeContext
) -> None:
    seen: list[object] = []
    builder.build(
        BuildRequest(
            context=make_context(),
            dockerfile=SHELL + b"run echo said\nRUN date > /d",
            network="host",
            no_cache=True,
        ),
        on_event=seen.append,
    )
    names = {event.name for event in seen if isinstance(event, Step)}
    assert "[3/4] RUN echo said" in names
    assert any(getattr(event, "data", b"") == b"said\n" for event in seen)
    found = [event.short for event in seen if isinstance(event, Warned)]
    assert any("Casing" in short for short in found) == (suite == "sid")


def test_two_builds_at_once_see_their_own_files(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    """Each waits in a RUN until the other has begun, so they do run at once."""
    dockerfile = (
        SHELL + b"COPY name /name\nRUN --mount=type=cache,id=%s,target=/m,sharing=shared "
        b"touch /m/$(cat /name); for i in $(seq 300); do "
        b"test -e /m/one -a -e /m/two && exit 0; sleep 0.1; done; exit 1\n"
        b"FROM scratch\nCOPY --from=0 /name /\n"
    ) % os.urandom(4).hex().encode()

    source = make_context()

    def build(name: str) -> str:
        folder = tmp_path / name
        shutil.copytree(source, folder)
        (folder / "name").write_text(name)
        out = built(builder, tmp_path / f"out-{name}", context=folder, dockerfile=dockerfile)
        return (out / "name").read_text()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(build, ["one", "two"])) == ["one", "two"]


def test_ten_builds_at_once_over_one_connection(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    context = make_context()

    def build(number: int) -> str:
        dockerfile = SHELL + b"RUN echo %d > /n" % number
        out = built(builder, tmp_path / f"out{number}", context=context, dockerfile=dockerfile)
        return (out / "n").read_text()

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(build, range(10))) == [f"{number}\n" for number in range(10)]


def test_nothing_is_left_when_a_builder_is_closed(
    builder: Builder, url: str, make_context: MakeContext
) -> None:
    from buildkit_client import connect

    def build() -> None:
        with connect(url) as own:
            own.build(BuildRequest(context=make_context(), dockerfile=SHELL, network="host"))

    build()
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        build()
    assert threading.active_count() <= threads + 2
    assert len(os.listdir("/proc/self/fd")) <= files + 3
