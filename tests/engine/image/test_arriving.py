"""A BuildKit export that is analysed while it comes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildkit_client import (
    BuildRequest,
    Compression,
    DockerArchive,
    OciArchive,
    Provenance,
    connect,
)
from reimage.image.arriving import ArrivingImage
from reimage.image.opening import open_image
from reimage.image.trees.merging import merged

if TYPE_CHECKING:
    from tests.engine.daemon import Daemon

pytestmark = pytest.mark.engine

DOCKERFILE = b"""FROM scratch
COPY large /
COPY small /folder/small
ENV A=1
CMD ["/large"]
"""


@pytest.mark.parametrize("form", [OciArchive, DockerArchive])
@pytest.mark.parametrize("kind", ["gzip", "zstd", "uncompressed"])
def test_what_arrives_is_what_a_file_would_hold(
    daemon: Daemon, tmp_path: Path, form: type[OciArchive | DockerArchive], kind: str
) -> None:
    context = tmp_path / "context"
    context.mkdir()
    (context / "large").write_bytes(os.urandom(3_000_000))
    (context / "small").write_bytes(b"x")
    how = Compression(kind, force=True)  # type: ignore[arg-type]
    whole = tmp_path / "image.tar"
    # Docker's own store cannot load provenance, which makes an index of the image.
    provenance = Provenance() if form is OciArchive else None
    with connect(daemon.host) as builder, ArrivingImage() as arriving:
        for target in (arriving.write, whole):
            builder.build(
                BuildRequest(
                    context=context,
                    dockerfile=DOCKERFILE,
                    outputs=(form(target=target, compression=how, names=("app:1",)),),
                    provenance=provenance,
                )
            )
        image = arriving.image()
    other = open_image(whole)
    assert image.layers == other.layers
    assert image.config == other.config
    assert image.names == other.names == ("docker.io/library/app:1",)
    assert [placed.entry.size for placed in merged(image.layers) if placed.entry.is_file] == [
        3_000_000,
        1,
    ]
    assert bool(image.attestations) == (provenance is not None)
