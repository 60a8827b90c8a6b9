"""Places that have no room, or do not let one in: disks and registries."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.buildkit.conftest import SHELL, EndsIn, MakeContext, with_containerd_store
from tests.engine.buildkit.leftovers import at, nothing_is_left
from tests.engine.buildkit.phases import LARGE
from tests.engine.daemon import Daemon, Store, running_daemon
from tests.engine.install import install
from tests.engine.registry import running_registry
from tests.engine.service import EngineUnavailable, run

from buildkit_client import (
    Builder,
    BuildFailed,
    BuildRequest,
    Cache,
    Credentials,
    ExportFailed,
    Image,
    IntoEngine,
    LocalDirectory,
    OciArchive,
    Output,
    Rejected,
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
    builder.build(BuildRequest(context=make_context(), dockerfile=SHELL + LARGE % 64))
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
    builder.build(BuildRequest(context=make_context(), dockerfile=SHELL + LARGE % 16))
    with ends_in(ExportFailed, "cache in .* No space left on device"):
        builder.build(request)
    assert not [name for name in os.listdir(small_disk / "cache") if name.startswith(".partial")]
    assert not (small_disk / "cache" / "index.json").exists()


STORES = (
    "containerd",
    pytest.param("graphdriver", marks=pytest.mark.slow),
)


@pytest.fixture(scope="module", params=STORES)
def cramped(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Daemon]:
    """An engine whose images have 48 megabytes."""
    store: Store = request.param
    try:
        engine = install("sid")
    except EngineUnavailable as reason:
        pytest.skip(str(reason))
    logs = tmp_path_factory.mktemp("cramped")
    with running_daemon(engine, store, logs, room=48 << 20) as daemon:
        yield daemon


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
    context = make_context()
    more, outputs = LARGE % 64, ()
    if during == "context":
        (context / "large").write_bytes(os.urandom(64 << 20))
        more = b"COPY large /\n"
    elif during == "export":  # the layer is there, its compressed blob has no room
        more, outputs = LARGE % 28, (IntoEngine(names=("full:1",)),)
    request = BuildRequest(
        context=context, dockerfile=SHELL + more, network="host", outputs=outputs, no_cache=True
    )
    with nothing_is_left(at(cramped.host)), connect(cramped.host) as builder:
        if during == "export" and cramped.store == "graphdriver":
            pytest.skip("this image store keeps layers only once")
        with ends_in(BuildFailed, "(?i)no space left on device", within=30):
            builder.build(request)
        builder.prune(filters=("type==regular", "type==source.local"))
        assert builder.workers()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry that wants a name and a password."""
    folder = tmp_path_factory.mktemp("registry")
    with running_registry(folder / "storage", folder, user="u", password="secret") as address:
        yield address
