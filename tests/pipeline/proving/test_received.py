"""Layers that come once, and those that did not come."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from reimage.image.contents import Contents
from reimage.image.errors import Damaged
from reimage.image.sources.stores import blob_name
from reimage.pipeline.proving.received import Received, Unsent


@pytest.fixture
def received(tmp_path: Path) -> Iterator[Received]:
    with Contents(1 << 20) as contents:
        yield Received(tmp_path, contents)


def layer(name: str) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as file:
        file.addfile(tarfile.TarInfo(name), io.BytesIO())
    return data.getvalue()


def put(received: Received, data: bytes) -> dict[str, object]:
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    path = received.folder / blob_name(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(data)
    return {"digest": digest, "size": len(data)}


def image(received: Received, *layers: bytes) -> str:
    """Its digest, once a builder has sent it."""
    ids = [f"sha256:{hashlib.sha256(each).hexdigest()}" for each in layers]
    config = {
        "os": "linux",
        "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": ids},
    }
    manifest = {
        "schemaVersion": 2,
        "config": put(received, json.dumps(config).encode()),
        "layers": [put(received, gzip.compress(each, mtime=0)) for each in layers],
    }
    return str(put(received, json.dumps(manifest).encode())["digest"])


def stored(received: Received, each: bytes) -> Path:
    digest = hashlib.sha256(gzip.compress(each, mtime=0)).hexdigest()
    return received.folder / blob_name(f"sha256:{digest}")


ONE, TWO = layer("one"), layer("two")


def test_a_layer_that_is_not_to_be_sent_is_told_when_it_is_wanted(received: Received) -> None:
    received.do_not_send([f"sha256:{stored(received, ONE).name}"])
    digest = image(received, ONE, TWO)
    with pytest.raises(Unsent):
        received.subject(digest)
    received.send_all()
    assert not stored(received, ONE).exists()
    assert image(received, ONE, TWO) == digest
    paths = [entry.path for each in received.subject(digest).image.layers for entry in each.entries]
    assert paths == ["one", "two"]


def test_a_layer_that_never_came_is_told(received: Received) -> None:
    digest = image(received, ONE)
    stored(received, ONE).unlink()
    with pytest.raises(Unsent):
        received.subject(digest)


def test_a_layer_that_is_not_what_its_digest_says_is_damaged(received: Received) -> None:
    digest = image(received, ONE)
    stored(received, ONE).write_bytes(gzip.compress(TWO, mtime=0))
    with pytest.raises(Damaged):
        received.subject(digest)


def test_a_shared_layer_is_read_once_and_keeps_no_room(received: Received) -> None:
    first = received.subject(image(received, ONE)).image
    assert stored(received, ONE).stat().st_size == 0
    second = received.subject(image(received, ONE, TWO)).image
    assert second.layers[0].entries is first.layers[0].entries
    assert second.layers[1].entries[0].path == "two"
