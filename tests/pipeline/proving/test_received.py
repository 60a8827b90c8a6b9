"""Layers that come once, and those that did not come."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import grpc
import pytest
from tests.buildkit_client.fake_builder import FakeBuilder, converse

from buildkit_client.channel import CONTENT
from buildkit_client.messages import WriteContentRequest
from buildkit_client.session.content import Store, serve
from buildkit_client.session.services import Failures
from buildkit_client.session.tunnel import Session
from reimage.image.contents import Contents
from reimage.image.errors import Damaged
from reimage.image.sources.stores import blob_name
from reimage.pipeline.proving.received import Received, Unsent

Put = Callable[[Received, bytes], dict[str, object]]


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
    digest = id_of(data)
    path = received.folder / blob_name(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    if digest not in received.known:
        path.write_bytes(data)
    return {"digest": digest, "size": len(data)}


def id_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def image(received: Received, *layers: bytes, put: Put = put) -> str:
    """Its digest, once a builder has sent it."""
    ids = [id_of(each) for each in layers]
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
    assert not stored(received, ONE).exists()
    second = received.subject(image(received, ONE, TWO)).image
    assert second.layers[0].entries is first.layers[0].entries
    assert second.layers[1].entries[0].path == "two"


def test_what_was_read_is_not_wanted_again_and_what_was_not_is(received: Received) -> None:
    received.subject(image(received, ONE))
    one, two = (f"sha256:{stored(received, each).name}" for each in (ONE, TWO))
    received.do_not_send([one, two])
    received.send_all()
    assert received.known == {one}


def test_a_layer_that_was_under_way_while_it_was_read_goes_again(received: Received) -> None:
    digest = image(received, ONE)
    received.subject(digest)
    stored(received, ONE).write_bytes(gzip.compress(ONE, mtime=0))  # sent by another build
    received.subject(digest)
    assert not stored(received, ONE).exists()


def test_a_layer_that_came_for_one_image_serves_the_other(received: Received) -> None:
    received.do_not_send([f"sha256:{stored(received, ONE).name}"])
    first, second = image(received, ONE), image(received, ONE, TWO)
    with pytest.raises(Unsent):
        received.subject(first)
    received.send_all()
    assert image(received, ONE) == first
    received.subject(first)
    layers = received.subject(second).image.layers
    assert [layer.entries[0].path for layer in layers] == ["one", "two"]


def test_builds_that_send_and_read_the_same_layers_at_once_all_get_their_images(
    received: Received, tmp_path: Path
) -> None:
    """A builder each, in threads; some layers are believed not to be wanted, which turns out wrong
    in the middle."""
    layers = [layer(f"layer{number}") for number in range(6)]
    received.do_not_send(f"sha256:{stored(received, each).name}" for each in layers[:3])
    failures = Failures()
    store = Store(received.folder, received.known)

    def build(number: int) -> list[str]:
        folder = tmp_path / f"builder{number}"
        folder.mkdir()
        chosen = Random(number).sample(layers, 4)
        with (
            FakeBuilder(folder) as builder,
            Session(builder.channel, [serve({"export": store}, failures)], shared_key="", name=""),
        ):
            channel = builder.wait_for_session()
            for _ in range(3):
                digest = image(received, *chosen, put=lambda _, data: send(channel, data))
                try:
                    found = received.subject(digest).image
                except Unsent:
                    received.send_all()
                else:
                    assert [each.diff_id for each in found.layers] == [id_of(it) for it in chosen]
                    return [each.entries[0].path for each in found.layers]
        raise AssertionError("layers were not sent")

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(build, range(24)))
    assert {len(set(each)) for each in told} == {4}
    assert failures.first is None
    assert not list(received.folder.glob(".partial-*"))


def send(channel: grpc.Channel, data: bytes) -> dict[str, object]:
    """As BuildKit's exporter does."""
    digest = id_of(data)
    half = len(data) // 2
    sent = [
        WriteContentRequest(action=0, expected=digest, total=len(data)),
        WriteContentRequest(action=1, data=data[:half]),
        WriteContentRequest(action=1, offset=half, data=data[half:]),
        WriteContentRequest(action=2, offset=len(data), expected=digest, total=len(data)),
    ]
    said = iter([each.SerializeToString() for each in sent])
    try:
        list(converse(channel, CONTENT + "Write", said, ("buildkit-attachable-store-id", "export")))
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.ALREADY_EXISTS:
            raise
    return {"digest": digest, "size": len(data)}
