"""Places that have no room, or do not let one in: disks and registries."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.engine.buildkit.conftest import SHELL, EndsIn, Fault, MakeContext, with_containerd_store
from tests.engine.buildkit.leftovers import at, nothing_is_left
from tests.engine.buildkit.phases import LARGE
from tests.engine.daemon import Daemon, Store, running_daemon
from tests.engine.install import install
from tests.engine.registry import running_registry
from tests.engine.service import EngineUnavailable, run

from buildkit_client import (
    BadRequest,
    Builder,
    BuildFailed,
    BuildRequest,
    Cache,
    Credentials,
    ExportFailed,
    Image,
    IntoEngine,
    LocalDirectory,
    LogPiece,
    Output,
    Rejected,
    Step,
    StepFailed,
    Tar,
    connect,
)

pytestmark = pytest.mark.engine

stays_clean = pytest.mark.usefixtures("nothing_stays")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(place)])
    yield place
    run(["umount", str(place)])


@stays_clean
@pytest.mark.parametrize("to", ["stream", "directory"])
def test_a_result_that_does_not_fit_on_the_disk(
    builder: Builder, make_context: MakeContext, small_disk: Path, ends_in: EndsIn, to: str
) -> None:
    """The unfinished part of a file is taken away; what is in a directory stays."""
    output: Output = Tar(small_disk / "r.tar") if to == "stream" else LocalDirectory(small_disk)
    (small_disk / "r.tar").write_bytes(b"before")
    request = BuildRequest(
        context=make_context(), dockerfile=SHELL + LARGE % 64, network="host", outputs=(output,)
    )
    builder.build(replace(request, outputs=()))
    with ends_in(ExportFailed, "No space left on device"):
        builder.build(request)
    if to == "stream":
        assert os.listdir(small_disk) == ["r.tar"]
    assert (small_disk / "r.tar").read_bytes() == b"before"


@stays_clean
@with_containerd_store
def test_a_cache_that_does_not_fit_on_the_disk(
    builder: Builder, make_context: MakeContext, small_disk: Path, ends_in: EndsIn
) -> None:
    request = BuildRequest(
        context=make_context(),
        dockerfile=SHELL + LARGE % 16,
        network="host",
        cache_to=(Cache("local", {"dest": str(small_disk / "cache"), "mode": "max"}),),
    )
    builder.build(replace(request, cache_to=()))
    with ends_in(ExportFailed, "cache in .* No space left on device"):
        builder.build(request)
    assert not [name for name in os.listdir(small_disk / "cache") if name.startswith(".partial")]
    assert not (small_disk / "cache" / "index.json").exists()


STORES = (
    "containerd",
    pytest.param("graphdriver", marks=pytest.mark.slow),
)


@pytest.fixture(params=STORES)
def cramped(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Daemon]:
    """An engine whose images have 48 megabytes. Once they are full it can't even prune them."""
    store: Store = request.param
    try:
        engine = install("sid")
    except EngineUnavailable as reason:
        pytest.skip(str(reason))
    logs = tmp_path_factory.mktemp("cramped")
    with running_daemon(engine, store, logs, room=48 << 20) as daemon:
        yield daemon


def _mark(event: object, fault: Fault) -> None:
    """Until then it is an ordinary build."""
    if isinstance(event, LogPiece) and b"No space" in event.data:
        fault.happens()
    if isinstance(event, Step) and event.name.startswith("exporting to image"):
        fault.happens()


@pytest.mark.parametrize("during", ["context", "run", "export"])
def test_a_builder_whose_disk_is_full(
    cramped: Daemon,
    make_context: MakeContext,
    own_temporary_files: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    ends_in: EndsIn,
    during: str,
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "none"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    context, more, kind = make_context(), LARGE % 64, BuildFailed
    said = "no space left on device"
    if during == "context":
        (context / "large").write_bytes(os.urandom(64 << 20))
        more = b"COPY large /\n"
    elif during == "run":
        kind, said = StepFailed, "exit code: 1"
    else:
        more = LARGE % 28  # has room once, but not a second time as a blob
        if cramped.store == "graphdriver":
            pytest.skip("this image store keeps layers only once")
    request = BuildRequest(
        context=context,
        dockerfile=SHELL + more,
        network="host",
        outputs=(IntoEngine(names=("full:1",)),),
    )
    with nothing_is_left(at(cramped.host)), connect(cramped.host) as builder:
        with ends_in(kind, said) as fault:
            builder.build(request, on_event=lambda event: _mark(event, fault))
        assert builder.workers()
    if isinstance(fault.error, StepFailed):
        assert "No space left on device" in fault.error.log_tail[-3]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry that wants a name and a password."""
    folder = tmp_path_factory.mktemp("registry")
    with running_registry(folder / "storage", folder, users={"u": "secret"}) as address:
        yield address


WRONG = [Credentials("", ""), Credentials("u", "wrong"), Credentials("nobody", "secret")]


@stays_clean
@pytest.mark.parametrize("wrong", WRONG, ids=["none", "a wrong password", "a wrong name"])
def test_an_image_that_one_may_not_pull(
    builder: Builder,
    make_context: MakeContext,
    guarded: str,
    ends_in: EndsIn,
    wrong: Credentials,
) -> None:
    dockerfile = f"FROM {guarded}/private\n".encode()
    with ends_in(Rejected, r"private.* (401 Unauthorized|.*authorization failed)"):
        builder.build(
            BuildRequest(context=make_context(), dockerfile=dockerfile),
            credentials=lambda _host: wrong,
        )


@stays_clean
@with_containerd_store
@pytest.mark.parametrize("wrong", WRONG, ids=["none", "a wrong password", "a wrong name"])
def test_an_image_that_one_may_not_push(
    builder: Builder, make_context: MakeContext, guarded: str, ends_in: EndsIn, wrong: Credentials
) -> None:
    request = BuildRequest(
        context=make_context(),
        dockerfile=b"FROM scratch\nCOPY busybox /\n",
        outputs=(Image(names=(f"{guarded}/private",), push=True),),
    )
    with ends_in(BuildFailed, r"private.* (401 Unauthorized|.*authorization failed)"):
        builder.build(request, credentials=lambda _host: wrong)
    right = Credentials("u", "secret")
    assert builder.build(request, credentials=lambda _host: right).digest


@stays_clean
def test_a_function_for_credentials_that_raises(
    builder: Builder, make_context: MakeContext, guarded: str, ends_in: EndsIn
) -> None:
    def confused(_host: str) -> Credentials:
        raise LookupError("of the caller")

    with ends_in(BadRequest, "raised LookupError: of the caller"):
        builder.build(
            BuildRequest(context=make_context(), dockerfile=f"FROM {guarded}/other\n".encode()),
            credentials=confused,
        )
