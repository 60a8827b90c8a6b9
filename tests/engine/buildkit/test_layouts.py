"""OCI image layouts in folders of this machine: results, and contexts of further builds."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.engine.buildkit.conftest import MakeContext, with_containerd_store
from tests.engine.buildkit.layout_of_files import write_layout

from buildkit_client import (
    BadRequest,
    Builder,
    BuildKitError,
    BuildRequest,
    LocalDirectory,
    OciDirectory,
    Provenance,
    Unsupported,
)

if TYPE_CHECKING:
    from tests.engine.daemon import Store

pytestmark = pytest.mark.engine

COPY_F = b"FROM scratch\nCOPY f /\n"
TWO = ("linux/amd64", "linux/arm64")


def blob(layout: Path, digest: str) -> Any:
    """The JSON of a manifest or an index, which is what its digest says."""
    data = (layout / "blobs" / digest.replace(":", "/")).read_bytes()
    assert f"sha256:{hashlib.sha256(data).hexdigest()}" == digest
    return json.loads(data)


def manifests(layout: Path) -> list[Any]:
    entries: list[Any] = json.loads((layout / "index.json").read_bytes())["manifests"]
    return entries


def test_a_store_that_cannot_write_a_layout_says_so(
    builder: Builder, store: Store, make_context: MakeContext, tmp_path: Path
) -> None:
    one, other = (OciDirectory(path=tmp_path / name) for name in ("a", "b"))
    outputs = (one, other) if store == "containerd" else (one,)
    request = BuildRequest(context=make_context(f=b"1"), dockerfile=COPY_F, outputs=outputs)
    with pytest.raises(Unsupported, match=r"one OCI layout|containerd image store"):
        builder.build(request)
    assert not (tmp_path / "a").exists()


@with_containerd_store
def test_images_are_added_to_a_layout(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    layout = tmp_path / "layout"

    def build(content: bytes, *names: str) -> str:
        request = BuildRequest(
            context=make_context(f=content),
            dockerfile=COPY_F,
            outputs=(OciDirectory(path=layout, names=names),),
        )
        return builder.build(request).digest

    first, second, third = build(b"1", "x:1"), build(b"2", "x:2"), build(b"3", "x:1")
    assert {entry["digest"] for entry in manifests(layout)} == {second, third}
    assert first not in {second, third}
    assert json.loads((layout / "oci-layout").read_bytes()) == {"imageLayoutVersion": "1.0.0"}
    for entry in manifests(layout):
        manifest = blob(layout, entry["digest"])
        blob(layout, manifest["config"]["digest"])
        assert (layout / "blobs" / manifest["layers"][0]["digest"].replace(":", "/")).is_file()


@with_containerd_store
def test_two_platforms_are_an_index_of_two_manifests(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    request = BuildRequest(
        context=make_context(f=b"1"),
        dockerfile=b"FROM scratch\nARG TARGETARCH\nLABEL arch=$TARGETARCH\nCOPY f /\n",
        platforms=TWO,
        outputs=(OciDirectory(path=tmp_path / "layout"),),
    )
    index = blob(tmp_path / "layout", builder.build(request).digest)
    found = {}
    for entry in index["manifests"]:
        config = blob(
            tmp_path / "layout", blob(tmp_path / "layout", entry["digest"])["config"]["digest"]
        )
        found[entry["platform"]["architecture"]] = config["config"]["Labels"]["arch"]
    assert found == {"amd64": "amd64", "arm64": "arm64"}


@pytest.mark.parametrize("mode", ["min", "max"])
@with_containerd_store
def test_provenance_lies_beside_the_image(
    builder: Builder, make_context: MakeContext, tmp_path: Path, mode: Any
) -> None:
    layout = tmp_path / "layout"
    request = BuildRequest(
        context=make_context(f=b"1"),
        dockerfile=COPY_F,
        args={"SAID": "in the arguments"},
        provenance=Provenance(mode),
        outputs=(OciDirectory(path=layout),),
    )
    index = blob(layout, builder.build(request).digest)
    image, attested = index["manifests"]
    assert attested["annotations"]["vnd.docker.reference.digest"] == image["digest"]
    (layer,) = blob(layout, attested["digest"])["layers"]
    statement = blob(layout, layer["digest"])
    assert statement["predicateType"].startswith("https://slsa.dev/provenance/")
    assert ("in the arguments" in json.dumps(statement)) == (mode == "max")


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    """Two tagged images, each of one file that says which it is; no builder is needed for it."""
    return write_layout(tmp_path / "made", {"1": {"f": b"one"}, "2": {"f": b"two"}})


def test_a_store_that_cannot_read_a_layout_says_so(
    builder: Builder, store: Store, layout: Path
) -> None:
    request = BuildRequest(dockerfile=b"FROM base\n", contexts={"base": f"oci-layout://{layout}:1"})
    if store == "containerd":
        assert builder.build(request).steps
        return
    with pytest.raises(Unsupported, match="OCI layouts of this machine; the Engine's containerd"):
        builder.build(request)


@with_containerd_store
@pytest.mark.parametrize(("tag", "said"), [("1", "one"), ("2", "two")])
def test_an_image_of_a_layout_is_a_context_and_a_base(
    builder: Builder, layout: Path, tmp_path: Path, tag: str, said: str
) -> None:
    request = BuildRequest(
        dockerfile=b"FROM base\nCOPY --from=other f /g\n",
        contexts={"base": f"oci-layout://{layout}:{tag}", "other": f"oci-layout://{layout}:1"},
        outputs=(LocalDirectory(tmp_path / "out"),),
    )
    builder.build(request)
    assert (tmp_path / "out" / "f").read_text() == said
    assert (tmp_path / "out" / "g").read_text() == "one"


@with_containerd_store
def test_an_image_of_a_layout_by_digest(builder: Builder, layout: Path, tmp_path: Path) -> None:
    digest = manifests(layout)[1]["digest"]
    request = BuildRequest(
        dockerfile=b"FROM base\n",
        contexts={"base": f"oci-layout://{layout}@{digest}"},
        outputs=(LocalDirectory(tmp_path / "out"),),
    )
    builder.build(request)
    assert (tmp_path / "out" / "f").read_text() == "two"


@with_containerd_store
@pytest.mark.parametrize(
    ("place", "said"),
    [
        pytest.param("{0}", "no image with the tag 'latest'", id="no tag, and two images"),
        pytest.param("{0}:3", "no image with the tag '3'", id="no such tag"),
        pytest.param("{0}/blobs", "is not an OCI image layout", id="no layout"),
        pytest.param("{0}/none", "is not an OCI image layout", id="nothing"),
    ],
)
def test_what_is_not_in_a_layout(builder: Builder, layout: Path, place: str, said: str) -> None:
    contexts = {"base": "oci-layout://" + place.format(layout)}
    with pytest.raises(BadRequest, match=said):
        builder.build(BuildRequest(dockerfile=b"FROM base\n", contexts=contexts))


@with_containerd_store
def test_a_blob_that_is_not_there(builder: Builder, tmp_path: Path) -> None:
    # One that no builder has seen, or it would use what it has.
    layout = write_layout(tmp_path / "made", {"1": {"f": os.urandom(16)}})
    (layer,) = blob(layout, manifests(layout)[0]["digest"])["layers"]
    (layout / "blobs" / layer["digest"].replace(":", "/")).unlink()
    request = BuildRequest(
        dockerfile=b"FROM base\nCOPY --from=base f /g\n",
        contexts={"base": f"oci-layout://{layout}:1"},
    )
    with pytest.raises(BuildKitError, match=r"not here|not found"):
        builder.build(request)
