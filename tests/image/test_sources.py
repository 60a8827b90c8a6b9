"""The same image from every place that it can be in."""

from __future__ import annotations

import gzip
import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.image.making import (
    Blobs,
    configuration,
    digest,
    directory,
    docker_archive,
    file,
    files_as_tar,
    layout,
    manifest,
    symlink,
    tar,
    with_index,
    write,
)

from reimage.image.anatomy import Image
from reimage.image.arriving import ArrivingImage
from reimage.image.errors import Damaged, NotAnImage, Unsupported
from reimage.image.opening import open_image, read_stream
from reimage.image.platforms import Platform, of_this_machine

LOWER = tar(directory("etc"), file("etc/hosts", b"localhost"))
UPPER = tar(file("app", b"x" * 3000), file("etc/.wh.hosts"))


def from_folder(files: dict[str, bytes], tmp_path: Path) -> Image:
    return open_image(write(tmp_path / "layout", files))


def from_tar(files: dict[str, bytes], tmp_path: Path) -> Image:
    path = tmp_path / "image.tar"
    path.write_bytes(files_as_tar(files))
    return open_image(path)


def from_packed_tar(files: dict[str, bytes], tmp_path: Path) -> Image:
    path = tmp_path / "image.tar.gz"
    path.write_bytes(gzip.compress(files_as_tar(files)))
    return open_image(path)


def in_pieces(data: bytes, size: int = 700) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def from_stream(files: dict[str, bytes], tmp_path: Path) -> Image:
    return read_stream(in_pieces(files_as_tar(files)))


def from_reversed_stream(files: dict[str, bytes], tmp_path: Path) -> Image:
    return read_stream(in_pieces(files_as_tar(dict(reversed(files.items())))))


def arriving(files: dict[str, bytes], tmp_path: Path) -> Image:
    with ArrivingImage() as image:
        for piece in in_pieces(files_as_tar(files)):
            image.write(piece)
        return image.image()


Source = Callable[[dict[str, bytes], Path], Image]
TARS: list[Source] = [from_tar, from_packed_tar, from_stream, from_reversed_stream, arriving]
SOURCES: list[Source] = [from_folder, *TARS]
every_source = pytest.mark.parametrize("source", SOURCES)
every_tar = pytest.mark.parametrize("source", TARS)


@every_source
@pytest.mark.parametrize("packing", ["gzip", "zstd", ""])
def test_an_image_layout(source: Source, packing: str, tmp_path: Path) -> None:
    image = source(layout(LOWER, UPPER, packing=packing), tmp_path)
    assert [layer.diff_id for layer in image.layers] == [digest(LOWER), digest(UPPER)]
    assert [[entry.path for entry in layer.entries] for layer in image.layers] == [
        ["etc", "etc/hosts"],
        ["app", "etc/.wh.hosts"],
    ]
    assert [layer.content_size for layer in image.layers] == [9, 3000]
    assert image.unpacked_size == len(LOWER) + len(UPPER)
    assert (image.compressed_size is None) == (packing == "")
    assert image.platform == Platform("linux", "amd64")


@every_tar
def test_what_docker_saved_before_it_wrote_layouts(source: Source, tmp_path: Path) -> None:
    image = source(docker_archive(LOWER, UPPER), tmp_path)
    assert image.names == ("app:1",)
    assert [layer.diff_id for layer in image.layers] == [digest(LOWER), digest(UPPER)]
    assert image.digest == ""
    assert image.config_digest.startswith("sha256:")


def test_a_layer_that_occurs_twice_is_a_link_in_old_archives() -> None:
    files = docker_archive(LOWER, LOWER)
    first, second = (name for name in files if name.endswith("layer.tar"))
    members = [file(name, data) for name, data in files.items() if name != second]
    image = read_stream([tar(symlink(second, f"../{first}"), *members)])
    assert len(image.layers) == 2
    assert image.layers[0].entries is image.layers[1].entries


@every_source
def test_the_configuration(source: Source, tmp_path: Path) -> None:
    config: dict[str, object] = {
        "Env": ["PATH=/bin", "EMPTY=", "EQUALS=a=b"],
        "Entrypoint": ["/app"],
        "Cmd": None,
        "User": "1000:1000",
        "WorkingDir": "/srv",
        "ExposedPorts": {"8080/tcp": {}, "53/udp": {}},
        "Volumes": {"/data": {}},
        "Labels": {"a": "b"},
        "StopSignal": "SIGINT",
        "Healthcheck": {"Test": ["CMD", "true"], "Interval": 5_000_000_000, "Retries": 3},
        "Shell": ["/bin/bash", "-c"],
        "OnBuild": ["RUN true"],
    }
    history = [
        {"created_by": "ADD rootfs", "created": "2024-01-01T00:00:00Z"},
        {"created_by": "ENV EMPTY=", "empty_layer": True},
        {"created_by": "COPY app", "comment": "buildkit.dockerfile.v0"},
    ]
    image = source(layout(LOWER, UPPER, config=config, history=history), tmp_path)
    found = image.config
    assert found.env == {"PATH": "/bin", "EMPTY": "", "EQUALS": "a=b"}
    assert (found.entrypoint, found.cmd) == (("/app",), ())
    assert (found.user, found.workdir, found.stop_signal) == ("1000:1000", "/srv", "SIGINT")
    assert (found.ports, found.volumes) == (("53/udp", "8080/tcp"), ("/data",))
    assert found.healthcheck and found.healthcheck.test == ("CMD", "true")
    assert (found.healthcheck.interval, found.healthcheck.retries) == (5.0, 3)
    assert (found.shell, found.onbuild) == (("/bin/bash", "-c"), ("RUN true",))
    steps = [layer.history.created_by if layer.history else "" for layer in image.layers]
    assert steps == ["ADD rootfs", "COPY app"]
    assert image.history[1].empty


def test_a_history_that_does_not_fit_the_layers_is_not_guessed_at() -> None:
    image = read_stream([files_as_tar(layout(LOWER, UPPER, history=[{"created_by": "x"}]))])
    assert [layer.history for layer in image.layers] == [None, None]


def several_platforms() -> dict[str, bytes]:
    blobs = Blobs()
    ours = of_this_machine().architecture
    found = []
    for architecture, layer in ((ours, LOWER), ("s390x", UPPER)):
        described = manifest(blobs, [layer], architecture=architecture)
        place = {"os": "linux", "architecture": architecture}
        found.append({**described, "platform": place})
    statement = b'{"predicateType":"https://slsa.dev/provenance/v0.2"}'
    config = blobs.add_json(configuration([]))
    attestation = blobs.add_json({"config": config, "layers": [blobs.add(statement)]})
    annotations = {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": found[0]["digest"],
    }
    unknown = {"os": "unknown", "architecture": "unknown"}
    found.append({**attestation, "annotations": annotations, "platform": unknown})
    inner = blobs.add_json({"schemaVersion": 2, "manifests": found})
    return with_index(blobs, inner)


@every_source
def test_this_machines_platform_is_chosen_and_attestations_are_no_images(
    source: Source, tmp_path: Path
) -> None:
    image = source(several_platforms(), tmp_path)
    assert image.layers[0].diff_id == digest(LOWER)
    assert [each.predicate_type for each in image.attestations] == [
        "https://slsa.dev/provenance/v0.2"
    ]


def test_another_platform_can_be_asked_for() -> None:
    data = files_as_tar(several_platforms())
    assert read_stream([data], platform=Platform("linux", "s390x")).layers[0].diff_id == digest(
        UPPER
    )
    with pytest.raises(NotAnImage, match="not there for linux/riscv64; there is: linux/"):
        read_stream([data], platform=Platform("linux", "riscv64"))


def test_an_older_variant_runs_on_a_newer_machine() -> None:
    blobs = Blobs()
    offered = [
        manifest(blobs, [layer], architecture="arm", variant=variant)
        | {"platform": {"os": "linux", "architecture": "arm", "variant": variant}}
        for layer, variant in ((LOWER, "v5"), (UPPER, "v6"))
    ]
    data = files_as_tar(with_index(blobs, *offered))
    found = read_stream([data], platform=Platform("linux", "arm", "v7"))
    assert found.layers[0].diff_id == digest(UPPER)
    with pytest.raises(NotAnImage, match="not there for linux/arm/v4"):
        read_stream([data], platform=Platform("linux", "arm", "v4"))


def test_a_layer_with_another_digest_than_sha256_is_not_read() -> None:
    blobs = Blobs()
    layer = {"digest": "sha512:" + "0" * 128, "size": 1}
    one = blobs.add_json({"config": blobs.add_json(configuration([LOWER])), "layers": [layer]})
    with pytest.raises(Unsupported, match="another kind than SHA-256"):
        read_stream([files_as_tar(with_index(blobs, one))])


def test_platforms_that_a_layout_leaves_out_do_not_count() -> None:
    files = several_platforms()
    index = json.loads(files["index.json"])
    inner = json.loads(files[f"blobs/{index['manifests'][0]['digest'].replace(':', '/')}"])
    del files[f"blobs/{inner['manifests'][1]['digest'].replace(':', '/')}"]
    assert read_stream([files_as_tar(files)]).layers[0].diff_id == digest(LOWER)


def named_images() -> dict[str, bytes]:
    blobs = Blobs()
    key = "io.containerd.image.name"
    one = {**manifest(blobs, [LOWER]), "annotations": {key: "docker.io/library/one:latest"}}
    two = {**manifest(blobs, [UPPER]), "annotations": {key: "example.org/two:1"}}
    return with_index(blobs, one, two)


def test_one_of_several_images_is_named() -> None:
    data = files_as_tar(named_images())
    assert read_stream([data], name="one").layers[0].diff_id == digest(LOWER)
    assert read_stream([data], name="example.org/two:1").layers[0].diff_id == digest(UPPER)
    with pytest.raises(NotAnImage, match=r"several images in it .*one.*two:1"):
        read_stream([data])
    with pytest.raises(NotAnImage, match="no image called 'three'"):
        read_stream([data], name="three")


class TestRefuses:
    @every_source
    def test_a_layer_with_another_digest(self, source: Source, tmp_path: Path) -> None:
        files = layout(LOWER, packing="")
        name = f"blobs/{digest(LOWER).replace(':', '/')}"
        files[name] = files[name].replace(b"localhost", b"elsewhere")
        with pytest.raises(Damaged, match=f"promised as {digest(LOWER)}"):
            source(files, tmp_path)

    @every_source
    def test_a_layer_that_is_not_what_the_configuration_says(
        self, source: Source, tmp_path: Path
    ) -> None:
        rootfs = {"diff_ids": [digest(UPPER)]}
        with pytest.raises(Damaged, match=f"Layer 1 was promised as {digest(UPPER)}"):
            source(layout(LOWER, rootfs=rootfs), tmp_path)

    @every_source
    def test_a_configuration_with_another_digest(self, source: Source, tmp_path: Path) -> None:
        files = {name: data.replace(b"amd64", b"arm64") for name, data in layout(LOWER).items()}
        with pytest.raises(Damaged, match="was promised, but"):
            source(files, tmp_path)

    @every_source
    def test_a_layer_that_is_missing(self, source: Source, tmp_path: Path) -> None:
        files = layout(LOWER, packing="")
        del files[f"blobs/{digest(LOWER).replace(':', '/')}"]
        with pytest.raises(Damaged, match="lacks the layer"):
            source(files, tmp_path)

    @every_source
    def test_a_layer_that_ends_early(self, source: Source, tmp_path: Path) -> None:
        files = layout(LOWER, UPPER)
        layers = [name for name in files if files[name].startswith(b"\x1f\x8b")]
        files[layers[-1]] = files[layers[-1]][:-20]
        with pytest.raises(Damaged, match="in the middle of its packed content"):
            source(files, tmp_path)

    @every_source
    def test_layers_packed_with_something_else(self, source: Source, tmp_path: Path) -> None:
        blobs = Blobs()
        config = blobs.add_json(configuration([LOWER]))
        layer = blobs.add(b"\xfd7zXZ\0" + bytes(100))
        described = blobs.add_json({"config": config, "layers": [layer]})
        with pytest.raises(Unsupported, match="packed with xz"):
            source(with_index(blobs, described), tmp_path)

    @every_source
    def test_what_is_kept_like_an_image_and_is_none(self, source: Source, tmp_path: Path) -> None:
        blobs = Blobs()
        config = blobs.add(b"{}", mediaType="application/vnd.cncf.helm.config.v1+json")
        described = blobs.add_json({"config": config, "layers": []})
        with pytest.raises(NotAnImage, match="something else than an image"):
            source(with_index(blobs, described), tmp_path)

    @every_tar
    def test_a_tar_file_of_something_else(self, source: Source, tmp_path: Path) -> None:
        with pytest.raises(NotAnImage, match="no image in it"):
            source({"README": b"hello"}, tmp_path)

    def test_a_folder_of_something_else(self, tmp_path: Path) -> None:
        with pytest.raises(NotAnImage, match=r"no index\.json"):
            open_image(tmp_path)

    def test_what_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(NotAnImage, match="does not exist"):
            open_image(tmp_path / "missing")

    def test_a_pipe_in_a_layout(self, tmp_path: Path) -> None:
        files = layout(LOWER)
        name = next(name for name in files if name.startswith("blobs/"))
        write(tmp_path, files)
        (tmp_path / name).unlink()
        os.mkfifo(tmp_path / name)
        with pytest.raises(Damaged, match="no regular file"):
            open_image(tmp_path)

    def test_an_archive_that_was_cut_off(self, tmp_path: Path) -> None:
        path = tmp_path / "image.tar"
        path.write_bytes(files_as_tar(layout(LOWER, UPPER, packing=""))[:-12000])
        with pytest.raises(Damaged, match="cut off"):
            open_image(path)

    def test_an_arriving_image_that_stops_coming(self) -> None:
        data = files_as_tar(layout(LOWER, UPPER))
        with ArrivingImage() as image:
            image.write(data[:1500])
            with pytest.raises(Damaged, match="cut off"):
                image.image()

    def test_whoever_sends_a_bad_image_is_not_held_up(self) -> None:
        with ArrivingImage() as image:
            for _ in range(500):
                image.write(b"no tar file" * 100)
            with pytest.raises(Damaged):
                image.image()


def test_a_docker_archive_reads_like_the_layout_in_it(tmp_path: Path) -> None:
    """Since version 25 `docker save` writes both into one file."""
    files = docker_archive(LOWER) | layout(LOWER, packing="")
    assert from_tar(files, tmp_path).digest


def test_nothing_is_written(tmp_path: Path) -> None:
    before = set(Path(tmp_path).rglob("*"))
    read_stream([files_as_tar(layout(tar(file("a", b"x"))))])
    assert set(Path(tmp_path).rglob("*")) == before


def test_streams_may_be_objects_like_files() -> None:
    data = io.BytesIO(files_as_tar(layout(LOWER)))
    assert read_stream(iter(lambda: data.read(100), b"")).layers
