"""Context and Dockerfile: what may be named, and how."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildkit_client.request import Archive

if TYPE_CHECKING:
    from tests.cli.building.conftest import Build, FakeBuilder


def test_a_context_without_dockerfile_is_told(build: Build, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = build("empty")
    assert result.exit_code == 2
    assert result.stderr == (
        "reimage: There is no Dockerfile in empty; --file names one that is elsewhere.\n"
    )


def test_a_dockerfile_that_lies_in_the_context_is_suggested(build: Build, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "D").write_bytes(b"FROM scratch\n")
    result = build("-f", "D", "app")
    assert result.stderr == ("reimage: --file D: there is no such file. Did you mean app/D?\n")


def test_a_dockerfile_is_named_from_where_one_stands(
    build: Build, builder: FakeBuilder, tmp_path: Path
) -> None:
    (tmp_path / "app").mkdir()
    build("-f", "Dockerfile", "app")
    assert builder.request.context == Path("app")
    assert builder.request.dockerfile == Path("Dockerfile")


def test_a_containerfile_will_do(build: Build, builder: FakeBuilder, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").rename(tmp_path / "Containerfile")
    build()
    assert builder.request.dockerfile == Path("Containerfile")


def test_a_dockerfile_from_standard_input(build: Build, builder: FakeBuilder) -> None:
    build("-f", "-", stdin=b"FROM scratch\n# \xff\n")
    assert builder.request.dockerfile == b"FROM scratch\n# \xff\n"
    assert builder.request.context == Path()


def test_a_dockerfile_alone(build: Build, builder: FakeBuilder) -> None:
    build("-", stdin=b"FROM scratch\n")
    assert (builder.request.context, builder.request.dockerfile) == (None, b"FROM scratch\n")


HEADS = pytest.mark.parametrize("head", [b"\x1f\x8b\x08", b"BZh9", b"\0" * 257 + b"ustar\0"])


@HEADS
def test_an_archive_on_standard_input_is_the_context(
    build: Build, builder: FakeBuilder, head: bytes
) -> None:
    given = head + b"\0" * 600_000
    read: list[bytes] = []

    def take() -> None:
        assert isinstance(builder.request.context, Archive)
        read.extend(builder.request.context.pieces)

    builder.during = take
    assert build("-", "-f", "docker/D", stdin=given).exit_code == 0
    assert b"".join(read) == given
    assert builder.request.dockerfile is None
    assert builder.request.frontend_options == {"filename": "docker/D"}


@HEADS
def test_an_archive_is_no_dockerfile(build: Build, head: bytes) -> None:
    result = build("-f", "-", stdin=head + b"\0" * 600)
    assert result.exit_code == 2
    assert "the standard input is an archive, not a Dockerfile" in result.stderr


def test_a_dockerfile_in_what_is_no_archive_is_refused(build: Build) -> None:
    result = build("-", "-f", "D", stdin=b"FROM scratch\n")
    assert result.exit_code == 2
    assert "--file D is looked for in an archive on the standard input" in result.stderr


def test_a_dockerfile_without_end_is_refused(build: Build) -> None:
    result = build("-", stdin=b"#" * (16 << 20) + b"##")
    assert "The Dockerfile is larger than 16777216 bytes." in result.stderr


def test_a_dockerfile_may_be_a_pipe(build: Build, builder: FakeBuilder, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"FROM scratch\n",))
    writer.start()
    build("-f", "pipe")
    writer.join()
    assert builder.request.dockerfile == b"FROM scratch\n"


@pytest.mark.parametrize(
    "context",
    [
        "https://example.org/x.git#main:docker",
        "https://example.org/x.tar.gz",
        "git@example.org:x/y.git",
        "git://example.org/x",
        "ssh://git@example.org/x.git",
        "github.com/example/x",
    ],
)
def test_a_context_may_be_elsewhere(build: Build, builder: FakeBuilder, context: str) -> None:
    assert build(context, "-f", "docker/D").exit_code == 0
    assert (builder.request.context, builder.request.dockerfile) == (context, None)
    assert builder.request.frontend_options == {"filename": "docker/D"}


def test_a_folder_that_looks_like_an_address_is_a_folder(
    build: Build, builder: FakeBuilder, tmp_path: Path
) -> None:
    folder = tmp_path / "github.com" / "x"
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_bytes(b"FROM scratch\n")
    build("github.com/x")
    assert builder.request.context == Path("github.com/x")
