"""Where results go, by what the builder can."""

from __future__ import annotations

import io
import json
import os
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.engine.buildkit.conftest import SHELL, MakeContext, with_containerd_store

from buildkit_client import (
    Builder,
    BuildRequest,
    Cache,
    Compression,
    DockerArchive,
    Image,
    IntoEngine,
    LocalDirectory,
    OciArchive,
    OciDirectory,
    Output,
    Provenance,
    Tar,
    Unsupported,
)

pytestmark = pytest.mark.engine

COPY_F = b"FROM scratch\nCOPY f /\n"
TWO = ("linux/amd64", "linux/arm64")


def names(archive: Path) -> list[str]:
    with tarfile.open(archive) as opened:
        return opened.getnames()


def test_an_image_goes_into_the_engine(builder: Builder, make_context: MakeContext) -> None:
    result = builder.build(
        BuildRequest(
            context=make_context(),
            dockerfile=SHELL,
            network="host",
            outputs=(IntoEngine(names=("buildkit-client-test:1",)),),
        )
    )
    assert result.digest.startswith("sha256:")
    assert result.names == ("docker.io/library/buildkit-client-test:1",)


def test_a_file_result_is_whole_or_not_there(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    target = tmp_path / "result.tar"
    builder.build(
        BuildRequest(
            context=make_context(f=b"1"),
            dockerfile=b"FROM scratch\nCOPY f /",
            outputs=(Tar(target),),
        )
    )
    assert names(target) == ["f"]
    assert sorted(os.listdir(tmp_path)) == ["cache", "context", "result.tar"]


def test_a_local_result_keeps_modes_links_and_times(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    run = (
        b"RUN mkdir /r && cd /r && mkdir -m 0700 d && echo 1 > d/f && ln d/f d/g && ln -s f d/l"
        b" && chmod 4711 d/f && touch -d @1000 d/f d\n"
    )
    builder.build(
        BuildRequest(
            context=make_context(),
            dockerfile=SHELL + run + b"FROM scratch\nCOPY --from=0 /r /\n",
            network="host",
            outputs=(LocalDirectory(tmp_path / "out"),),
        )
    )
    d = tmp_path / "out" / "d"
    assert (d.stat().st_mode & 0o7777, int(d.stat().st_mtime)) == (0o700, 1000)
    assert (d / "f").stat().st_mode & 0o7777 == 0o4711
    assert int((d / "f").stat().st_mtime) == 1000
    assert os.readlink(d / "l") == "f"
    assert (d / "g").read_bytes() == b"1\n"


def test_what_the_builder_lacks_is_refused_before_anything_is_built(
    builder: Builder, store: str, make_context: MakeContext, tmp_path: Path
) -> None:
    outputs: tuple[Output, ...] = (
        Image(names=("x:1",)),
        OciArchive(target=tmp_path / "x"),
        DockerArchive(target=tmp_path / "x"),
    )
    if store == "containerd":
        assert {output.kind for output in outputs} <= builder.abilities.exporters
        return
    for output in outputs:
        request = BuildRequest(context=make_context(), dockerfile=SHELL, outputs=(output,))
        with pytest.raises(Unsupported, match="containerd image store"):
            builder.build(request)


def test_an_engine_that_keeps_no_index_says_so(
    builder: Builder, store: str, make_context: MakeContext
) -> None:
    engine = IntoEngine(names=("buildkit-client-index:1",))
    request = BuildRequest(context=make_context(f=b"1"), dockerfile=COPY_F, outputs=(engine,))
    two = replace(request, platforms=TWO)
    attested = replace(request, provenance=Provenance())
    if store == "containerd":
        assert len({builder.build(each).digest for each in (request, two, attested)}) == 3
        return
    with pytest.raises(Unsupported, match="one platform of an image; the Engine's containerd"):
        builder.build(two)
    with pytest.raises(Unsupported, match="no attestations; the Engine's containerd"):
        builder.build(attested)


def test_files_of_two_platforms_lie_in_a_folder_each(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    out = LocalDirectory(tmp_path / "out")
    context = make_context(f=b"1")
    builder.build(BuildRequest(context=context, dockerfile=COPY_F, platforms=TWO, outputs=(out,)))
    assert sorted(os.listdir(out.path)) == ["linux_amd64", "linux_arm64"]
    assert (out.path / "linux_arm64" / "f").read_bytes() == b"1"


@pytest.mark.parametrize("hidden", [False, True], ids=["plainly", "among the options"])
def test_estargz_is_never_asked_for_because_it_brings_daemons_down(
    builder: Builder, make_context: MakeContext, tmp_path: Path, hidden: bool
) -> None:
    output = (
        Image(names=("x:1",), options={"compression": "estargz"})
        if hidden
        else Image(names=("x:1",), compression=Compression("estargz", force=True))
    )
    request = BuildRequest(context=make_context(f=b"1"), dockerfile=COPY_F, outputs=(output,))
    with pytest.raises(Unsupported, match=r"eStargz|cannot export 'image'"):
        builder.build(request)
    cache = Cache("local", {"dest": str(tmp_path / "cache"), "compression": "estargz"})
    with pytest.raises(Unsupported, match=r"eStargz|cannot write a 'local' cache"):
        builder.build(replace(request, outputs=(), cache_to=(cache,)))
    assert builder.workers()


@with_containerd_store
@pytest.mark.parametrize("compression", ["uncompressed", "gzip"])
def test_layers_are_compressed_as_told(
    builder: Builder, make_context: MakeContext, tmp_path: Path, compression: Any
) -> None:
    output = OciDirectory(path=tmp_path / "x", compression=Compression(compression, force=True))
    builder.build(BuildRequest(context=make_context(f=b"1"), dockerfile=COPY_F, outputs=(output,)))
    starts = {path.read_bytes()[:2] for path in (tmp_path / "x/blobs/sha256").iterdir()}
    layers = {start for start in starts if not start.startswith(b"{")}
    assert layers == {b"\x1f\x8b" if compression == "gzip" else b"f\0"}


@with_containerd_store
def test_an_oci_archive_with_zstd_layers(builder: Builder, make_context: MakeContext) -> None:
    pieces: list[bytes] = []
    result = builder.build(
        BuildRequest(
            context=make_context(),
            dockerfile=b"FROM scratch\nCOPY busybox /\n",
            outputs=(
                OciArchive(
                    target=pieces.append,
                    names=("x:1",),
                    compression=Compression("zstd", 3, force=True),
                ),
            ),
        )
    )
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
        index = json.loads(archive.extractfile("index.json").read())  # type: ignore[union-attr]
        (manifest,) = index["manifests"]
        assert manifest["digest"] == result.digest
        blob = archive.extractfile("blobs/" + manifest["digest"].replace(":", "/"))
        layers = json.loads(blob.read())["layers"]  # type: ignore[union-attr]
    assert [layer["mediaType"].rpartition("+")[2] for layer in layers] == ["zstd"]


@with_containerd_store
def test_several_results_at_once(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    builder.build(
        BuildRequest(
            context=make_context(f=b"1"),
            dockerfile=b"FROM scratch\nCOPY f /\n",
            outputs=(
                Tar(tmp_path / "a.tar"),
                LocalDirectory(tmp_path / "b"),
                DockerArchive(target=tmp_path / "c.tar", names=("x:1",)),
            ),
        )
    )
    assert names(tmp_path / "a.tar") == ["f"]
    assert os.listdir(tmp_path / "b") == ["f"]
    assert "manifest.json" in names(tmp_path / "c.tar")


@with_containerd_store
def test_provenance_makes_an_index(builder: Builder, make_context: MakeContext) -> None:
    pieces: list[bytes] = []
    builder.build(
        BuildRequest(
            context=make_context(),
            dockerfile=b"FROM scratch\nCOPY busybox /\n",
            provenance=Provenance("max"),
            outputs=(OciArchive(target=pieces.append),),
        )
    )
    assert b"vnd.docker.reference.type" in b"".join(pieces)


@with_containerd_store
def test_the_same_sources_give_the_same_digest(builder: Builder, make_context: MakeContext) -> None:
    def digest() -> str:
        return builder.build(
            BuildRequest(
                context=make_context(),
                dockerfile=SHELL + b"RUN echo 1 > /f\n",
                network="host",
                no_cache=True,
                source_date_epoch=1_000_000,
                outputs=(OciArchive(target=lambda data: None, rewrite_timestamp=True),),
            )
        ).digest

    assert digest() == digest()


@with_containerd_store
def test_a_local_cache_is_written_and_read(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    place = tmp_path / "layers"
    request = BuildRequest(
        context=make_context(),
        dockerfile=SHELL + b"RUN echo cached %d > /f\n" % os.getpid(),
        network="host",
        cache_to=(Cache("local", {"dest": str(place), "mode": "max"}),),
    )
    builder.build(request)
    assert (place / "index.json").exists()
    builder.prune(filters=("type==regular",))
    again = builder.build(
        BuildRequest(
            context=request.context,
            dockerfile=request.dockerfile,
            network="host",
            cache_from=(Cache("local", {"src": str(place)}),),
        )
    )
    (step,) = [step for step in again.steps if "echo cached" in step.name]
    assert step.cached
