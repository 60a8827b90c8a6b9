"""Images of a registry: what is fetched for which question, and what is not believed."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from tests.image.making import digest, file, tar
from tests.registry.conftest import Client, image
from tests.registry.fake_registry import INDEX, MANIFEST, FakeRegistry

from reimage.image.errors import Damaged, Unbounded
from reimage.image.layers import Reading
from reimage.image.limits import Limits
from reimage.image.platforms import Platform
from reimage.registry.errors import BadAnswer, NotFound
from reimage.registry.images import RemoteImage, remote_image

LINUX = Platform("linux", "amd64")
LAYERS = (tar(file("etc/os-release", b"ID=debian\n")), tar(file("app", b"x" * 3000)))


def put(fake: FakeRegistry, tag: str = "1", **changes: Any) -> dict[str, Any]:
    """An image with `LAYERS`. `changes` replace parts of the manifest."""
    diff_ids = [digest(layer) for layer in LAYERS]
    config = {
        "os": "linux",
        "architecture": "amd64",
        "config": {"User": "app"},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    }
    body = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {**fake.add_blob(json.dumps(config).encode()), "mediaType": ""},
        "layers": [fake.add_blob(gzip.compress(layer, mtime=0)) for layer in LAYERS],
        **changes,
    }
    return fake.add_manifest("app", tag, body)


def opened(fake: FakeRegistry, client: Client) -> RemoteImage:
    return remote_image(client(), image(fake), LINUX)


def blobs(fake: FakeRegistry) -> int:
    return sum("/blobs/" in path for _, path, _ in fake.requests)


def test_a_blob_that_is_missing_is_named(fake: FakeRegistry, client: Client) -> None:
    put(fake)
    found = opened(fake, client)
    del fake.blobs[found.manifest.layers[1].digest]
    with pytest.raises(NotFound, match=r"the blob sha256:.*… of"):
        found.read()


def test_a_layer_that_was_exchanged_is_not_believed(fake: FakeRegistry, client: Client) -> None:
    put(fake)
    found = opened(fake, client)
    layer = found.manifest.layers[1]
    fake.blobs[layer.digest] = fake.blobs[layer.digest][:-1] + b"!"
    with pytest.raises((BadAnswer, Damaged)):
        found.read()


def test_a_layer_that_goes_on_is_cut(fake: FakeRegistry, client: Client) -> None:
    put(fake)
    found = opened(fake, client)
    fake.blobs[found.manifest.layers[1].digest] += b"\0" * 100_000
    with pytest.raises(BadAnswer, match="sends more than the"):
        found.read()


def test_layers_without_a_size_are_not_fetched(fake: FakeRegistry, client: Client) -> None:
    layers = [fake.add_blob(gzip.compress(layer, mtime=0)) for layer in LAYERS]
    put(fake, layers=[{"digest": each["digest"]} for each in layers])
    with pytest.raises(BadAnswer, match="lacks the size of layers"):
        opened(fake, client).read()
    assert blobs(fake) == 1


def test_more_than_is_read_is_not_even_asked_for(fake: FakeRegistry, client: Client) -> None:
    put(fake, layers=[{"digest": f"sha256:{'0' * 64}", "size": 1 << 40}])
    with pytest.raises(Unbounded, match="bytes of layers"):
        opened(fake, client).read()
    assert blobs(fake) == 0


def test_a_layer_that_explodes(fake: FakeRegistry, client: Client) -> None:
    put(fake)
    limits = Limits(unpacked=4000)
    with pytest.raises(Unbounded, match="unpacks to more than"):
        opened(fake, client).read(Reading(limits))


def test_layers_that_the_configuration_does_not_know(fake: FakeRegistry, client: Client) -> None:
    put(fake, layers=[fake.add_blob(gzip.compress(LAYERS[0], mtime=0))])
    with pytest.raises(Damaged, match="has 1 layers, but its configuration knows 2"):
        opened(fake, client).read()


def test_a_configuration_that_is_none(fake: FakeRegistry, client: Client) -> None:
    put(fake, config=fake.add_blob(b"[]"))
    with pytest.raises(BadAnswer, match="The configuration of"):
        opened(fake, client).configuration.config.env.keys()


def test_sizes_take_the_manifest_only(fake: FakeRegistry, client: Client) -> None:
    put(fake)
    found = opened(fake, client)
    assert found.layer_sizes == tuple(len(gzip.compress(layer, mtime=0)) for layer in LAYERS)
    assert found.compressed_size == sum(found.layer_sizes)
    assert len(fake.requests) == 1
    assert found.configuration.config.user == "app"
    assert (blobs(fake), len(fake.requests)) == (1, 2)


def test_layers_are_read_while_they_arrive(fake: FakeRegistry, client: Client) -> None:
    one = put(fake)
    read = opened(fake, client).read()
    assert [layer.diff_id for layer in read.layers] == [digest(layer) for layer in LAYERS]
    assert [entry.path for layer in read.layers for entry in layer.entries] == [
        "etc/os-release",
        "app",
    ]
    assert read.digest == one["digest"]
    assert read.compressed_size == opened(fake, client).compressed_size


def test_of_an_index_only_what_was_chosen_is_fetched(fake: FakeRegistry, client: Client) -> None:
    one = {**put(fake, ""), "platform": {"os": "linux", "architecture": "amd64"}}
    other = {
        "mediaType": MANIFEST,
        "digest": f"sha256:{'1' * 64}",
        "size": 2,
        "platform": {"os": "linux", "architecture": "s390x"},
    }
    statement = fake.add_blob(b'{"predicateType":"https://slsa.dev/provenance/v1"}')
    about = fake.add_manifest(
        "app",
        "",
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": fake.add_blob(b"{}"),
            "layers": [statement],
        },
    )
    about["annotations"] = {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": one["digest"],
    }
    about["platform"] = {"os": "unknown", "architecture": "unknown"}
    body = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [other, one, about]}
    fake.add_manifest("app", "1", body)
    read = opened(fake, client).read()
    assert read.digest == one["digest"]
    assert [each.predicate_type for each in read.attestations] == ["https://slsa.dev/provenance/v1"]
    assert not any("111111" in path for _, path, _ in fake.requests)
