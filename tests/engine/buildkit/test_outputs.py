"""Where results go, by what the builder can."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path

import pytest
from tests.engine.buildkit.conftest import SHELL, MakeContext

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
    Output,
    Provenance,
    Tar,
    Unsupported,
)

pytestmark = pytest.mark.engine


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


@pytest.fixture
def full_builder(builder: Builder, store: str) -> Builder:
    if store != "containerd":
        pytest.skip("only the containerd image store has these")
    return builder


def test_an_oci_archive_with_zstd_layers(full_builder: Builder, make_context: MakeContext) -> None:
    pieces: list[bytes] = []
    result = full_builder.build(
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


def test_several_results_at_once(
    full_builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    full_builder.build(
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


def test_provenance_makes_an_index(full_builder: Builder, make_context: MakeContext) -> None:
    pieces: list[bytes] = []
    full_builder.build(
        BuildRequest(
            context=make_context(),
            dockerfile=b"FROM scratch\nCOPY busybox /\n",
            provenance=Provenance("max"),
            outputs=(OciArchive(target=pieces.append),),
        )
    )
    assert b"vnd.docker.reference.type" in b"".join(pieces)


def test_the_same_sources_give_the_same_digest(
    full_builder: Builder, make_context: MakeContext
) -> None:
    def digest() -> str:
        return full_builder.build(
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


def test_a_local_cache_is_written_and_read(
    full_builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    place = tmp_path / "layers"
    request = BuildRequest(
        context=make_context(),
        dockerfile=SHELL + b"RUN echo cached %d > /f\n" % os.getpid(),
        network="host",
        cache_to=(Cache("local", {"dest": str(place), "mode": "max"}),),
    )
    full_builder.build(request)
    assert (place / "index.json").exists()
    full_builder.prune(filters=("type==regular",))
    again = full_builder.build(
        BuildRequest(
            context=request.context,
            dockerfile=request.dockerfile,
            network="host",
            cache_from=(Cache("local", {"src": str(place)}),),
        )
    )
    (step,) = [step for step in again.steps if "echo cached" in step.name]
    assert step.cached
