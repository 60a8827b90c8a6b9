"""Where the result goes, by what was asked for and by what the builder is."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from tests.cli.building.conftest import STORES, Build, FakeBuilder

from buildkit_client.outputs import (
    Compression,
    DockerArchive,
    Image,
    IntoEngine,
    LocalDirectory,
    OciArchive,
    OciDirectory,
    Output,
    Tar,
)

APP = ("docker.io/library/app:latest",)


@pytest.mark.parametrize("store", ["containerd", "graph"])
@pytest.mark.parametrize("words", [[], ["--load"], ["-o", "type=docker"], ["-o", "type=image"]])
def test_an_engine_gets_the_image(
    build: Build, builder: FakeBuilder, store: str, words: list[str]
) -> None:
    builder.abilities = STORES[store]
    assert build("-t", "app", *words).exit_code == 0
    assert builder.request.outputs == (IntoEngine(names=APP),)


def test_a_builder_without_an_engine_warns_that_nothing_is_kept(
    build: Build, builder: FakeBuilder
) -> None:
    builder.abilities = STORES["own"]
    result = build("-t", "app")
    assert result.exit_code == 0
    assert builder.request.outputs == ()
    assert "warning: this builder has no place for images" in result.stderr


@pytest.mark.parametrize(
    ("words", "output"),
    [
        (["-o", "out"], LocalDirectory(Path("out"))),
        (["-o", "type=local,dest=out"], LocalDirectory(Path("out"))),
        (["--output", '"type=local","dest=a,b"'], LocalDirectory(Path("a,b"))),
        (["-o", "type=tar,dest=x.tar"], Tar(Path("x.tar"))),
        (["-o", "type=oci,dest=x.tar"], OciArchive(target=Path("x.tar"), names=APP)),
        (["-o", "type=oci,dest=x,tar=false"], OciDirectory(path=Path("x"), names=APP)),
        (["-o", "type=docker,dest=x.tar"], DockerArchive(target=Path("x.tar"), names=APP)),
        (
            ["-o", "TYPE=oci,dest=x,compression=zstd,compression-level=3,force-compression=true"],
            OciArchive(
                target=Path("x"), names=APP, compression=Compression("zstd", level=3, force=True)
            ),
        ),
        (
            ["-o", "type=oci,dest=x,rewrite-timestamp=true,oci-mediatypes=true"],
            OciArchive(
                target=Path("x"),
                names=APP,
                rewrite_timestamp=True,
                options={"oci-mediatypes": "true"},
            ),
        ),
        (
            ["-o", "type=oci,dest=x", "--annotation", "index,manifest:k=v", "--annotation=a=b"],
            OciArchive(
                target=Path("x"),
                names=APP,
                options={
                    "annotation-index.k": "v",
                    "annotation-manifest.k": "v",
                    "annotation.a": "b",
                },
            ),
        ),
        (["--push"], Image(names=APP, push=True)),
        (["-o", "type=registry"], Image(names=APP, push=True)),
        (["-o", "type=image,push=true"], Image(names=APP, push=True)),
        (["-o", "type=image"], Image(names=APP)),
    ],
)
def test_outputs_are_docker_s(
    build: Build, builder: FakeBuilder, words: list[str], output: Output
) -> None:
    builder.abilities = STORES["own"]
    result = build("-t", "app", *words)
    assert result.exit_code == 0, result.stderr
    assert builder.request.outputs == (output,)


@pytest.mark.parametrize("store", STORES)
def test_what_stays_in_the_cache_goes_nowhere_else(
    build: Build, builder: FakeBuilder, store: str
) -> None:
    builder.abilities = STORES[store]
    result = build("-t", "app", "-o", "type=cacheonly")
    assert (result.exit_code, builder.request.outputs) == (0, ())
    assert "warning" not in result.stderr


def test_several_outputs(build: Build, builder: FakeBuilder) -> None:
    build("-t", "app", "--push", "--load", "-o", "type=oci,dest=x")
    assert [output.kind for output in builder.request.outputs] == ["oci", "image", "moby"]


def test_what_is_pushed_by_an_engine_is_unpacked_there_too(
    build: Build, builder: FakeBuilder
) -> None:
    build("-t", "app", "--push")
    assert builder.request.outputs == (Image(names=APP, push=True, options={"unpack": "true"}),)


def test_an_older_image_store_cannot_push(build: Build, builder: FakeBuilder) -> None:
    builder.abilities = STORES["graph"]
    result = build("-t", "app", "--push")
    assert result.exit_code == 2
    assert "build with --tag, then use docker push." in result.stderr


def test_an_older_image_store_says_what_it_lacks(build: Build, builder: FakeBuilder) -> None:
    builder.abilities = STORES["graph"]
    result = build("-o", "type=oci,dest=x")
    assert result.exit_code == 2
    assert "cannot export 'oci' (it can: local, moby, tar)" in result.stderr


def test_an_archive_on_standard_output_is_nothing_but_the_archive(
    build: Build, builder: FakeBuilder
) -> None:
    builder.archive = b"\x00archive\xff"
    result = build("-o", "-")
    assert result.stdout_bytes == b"\x00archive\xff"
    assert "built" in result.stderr


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `docker` that keeps what it is given to load."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/words\ncat > {tmp_path}/loaded\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return program


def test_without_an_engine_docker_loads_the_image(
    build: Build, builder: FakeBuilder, docker: Path, tmp_path: Path
) -> None:
    builder.abilities, builder.archive = STORES["own"], b"archive" * 100_000
    result = build("-t", "app", "--load")
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "loaded").read_bytes() == builder.archive
    assert (tmp_path / "words").read_text() == "load --quiet\n"


def test_a_docker_that_does_not_load_is_told(
    build: Build, builder: FakeBuilder, docker: Path
) -> None:
    builder.abilities, builder.archive = STORES["own"], b"archive"
    docker.write_text("#!/bin/sh\ncat > /dev/null\necho no space >&2\nexit 1\n")
    result = build("--load")
    assert result.exit_code == 2
    assert "reimage: Docker load: no space.\n" in result.stderr


def test_no_docker_to_load_with_is_told(
    build: Build, builder: FakeBuilder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    builder.abilities, builder.archive = STORES["own"], b"archive"
    monkeypatch.setenv("PATH", str(tmp_path))
    result = build("--load")
    assert result.exit_code == 2
    assert "--load needs the docker command" in result.stderr
