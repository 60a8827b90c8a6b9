"""Images and caches that go to registries and come from them, with credentials."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from tests.engine.buildkit.conftest import SHELL, MakeContext, with_containerd_store
from tests.engine.registry import running_registry

from buildkit_client import (
    Builder,
    BuildFailed,
    BuildRequest,
    Cache,
    Credentials,
    Image,
    IntoEngine,
    LocalDirectory,
    Output,
    Sbom,
    Unsupported,
)

if TYPE_CHECKING:
    from tests.engine.daemon import Store

pytestmark = pytest.mark.engine

USER, PASSWORD = "alice", "correct horse"
MANIFESTS = (
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json"
)


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("registry")
    with running_registry(folder / "storage", folder, users={USER: PASSWORD}) as address:
        yield address


@pytest.fixture
def name(registry: str, request: pytest.FixtureRequest) -> str:
    """An image that no other test pushes."""
    return f"{registry}/{request.node.originalname}/{os.urandom(4).hex()}"


def credentials(host: str) -> Credentials:
    """Those of the registry, and of no other."""
    assert host.startswith("localhost:")
    return Credentials(USER, PASSWORD)


def digest_in_registry(name: str, tag: str) -> str:
    """What the registry itself says; empty where it has no such tag."""
    address, _, repository = name.partition("/")
    request = Request(f"http://{address}/v2/{repository}/manifests/{tag}", method="HEAD")
    request.add_header("Accept", MANIFESTS)
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    request.add_header("Authorization", f"Basic {token}")
    try:
        with build_opener(ProxyHandler({})).open(request) as answer:
            return str(answer.headers["Docker-Content-Digest"])
    except HTTPError as error:
        if error.code != 404:
            raise
        return ""


def image(context: Path, output: Output, **fields: object) -> BuildRequest:
    dockerfile = b"FROM scratch\nCOPY f /\n"
    return BuildRequest(context=context, dockerfile=dockerfile, outputs=(output,), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong", [Credentials("", ""), Credentials(USER, "wrong")], ids=["nobody", "a wrong password"]
)
@with_containerd_store
def test_a_push_without_the_password_fails(
    builder: Builder, make_context: MakeContext, name: str, wrong: Credentials
) -> None:
    request = image(make_context(f=b"1"), Image(names=(f"{name}:1",), push=True))
    with pytest.raises(BuildFailed, match=r"401|authorization failed|no basic auth"):
        builder.build(request, credentials=lambda host: wrong)
    assert not digest_in_registry(name, "1")


@with_containerd_store
def test_a_push_with_the_password_of_the_docker_configuration(
    builder: Builder,
    make_context: MakeContext,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packed = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    auths = {name.partition("/")[0]: {"auth": packed}}
    (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    output = Image(names=(f"{name}:1", f"{name}:2"), push=True)
    result = builder.build(image(make_context(f=b"1"), output))
    assert digest_in_registry(name, "1") == result.digest
    assert digest_in_registry(name, "2") == result.digest


@with_containerd_store
def test_a_push_by_digest_makes_no_tag(
    builder: Builder, make_context: MakeContext, name: str
) -> None:
    request = image(make_context(f=b"1"), Image(names=(name,), push=True, by_digest=True))
    digest = builder.build(request, credentials=credentials).digest
    assert digest_in_registry(name, digest) == digest
    assert not digest_in_registry(name, "latest")


@with_containerd_store
def test_an_image_of_two_platforms_is_an_index(
    builder: Builder, make_context: MakeContext, name: str
) -> None:
    output = Image(names=(f"{name}:1",), push=True)
    request = image(make_context(f=b"1"), output, platforms=("linux/amd64", "linux/arm64"))
    result = builder.build(request, credentials=credentials)
    assert digest_in_registry(name, "1") == result.digest
    described = json.loads(base64.b64decode(result.metadata["containerimage.descriptor"]))
    assert "list" in described["mediaType"] or "index" in described["mediaType"]


@with_containerd_store
def test_an_image_of_a_private_registry_is_a_base_and_a_context(
    builder: Builder, make_context: MakeContext, name: str, tmp_path: Path
) -> None:
    context = make_context(f=b"1")
    output = Image(names=(f"{name}:1",), push=True)
    builder.build(image(context, output), credentials=credentials)
    request = BuildRequest(
        dockerfile=b"FROM %s:1\nCOPY --from=other f /g\n" % name.encode(),
        contexts={"other": f"docker-image://{name}:1"},
        pull=True,
        outputs=(LocalDirectory(tmp_path / "out"),),
    )
    builder.build(request, credentials=credentials)
    assert sorted(os.listdir(tmp_path / "out")) == ["f", "g"]


SCAN = b"""#!/bin/sh
test -e $BUILDKIT_SCAN_SOURCE/f || exit 1
echo '{"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://spdx.dev/Document",\
 "predicate": {"name": "scanned"}}' > $BUILDKIT_SCAN_DESTINATION/f.spdx.json
"""


@with_containerd_store
def test_what_a_scanner_finds_lies_beside_the_image(
    builder: Builder, make_context: MakeContext, name: str, tmp_path: Path
) -> None:
    scanner = BuildRequest(
        context=make_context(scan=SCAN),
        dockerfile=SHELL + b'COPY --chmod=755 scan /scan\nENTRYPOINT ["/scan"]\n',
        network="host",
        outputs=(Image(names=(f"{name}:scanner",), push=True),),
    )
    builder.build(scanner, credentials=credentials)
    out = LocalDirectory(tmp_path / "out")
    request = image(make_context(f=b"1"), out, sbom=Sbom(f"{name}:scanner"))
    builder.build(request, credentials=credentials)
    (found,) = (tmp_path / "out").glob("*spdx.json")
    assert json.loads(found.read_bytes())["predicate"] == {"name": "scanned"}


def slow_step(context: Path, **fields: object) -> BuildRequest:
    """A step that only this test has."""
    dockerfile = SHELL + b"RUN echo cached %s > /f\n" % os.fsencode(context.parent.name)
    return BuildRequest(context=context, dockerfile=dockerfile, network="host", **fields)  # type: ignore[arg-type]


def is_cached(builder: Builder, request: BuildRequest) -> bool:
    """Whether the step comes from a cache, once the builder has forgotten its own."""
    builder.prune(filters=("type==regular",))
    (step,) = [
        step
        for step in builder.build(request, credentials=credentials).steps
        if "echo cached" in step.name
    ]
    return step.cached


def test_without_a_cache_the_step_runs_again(builder: Builder, make_context: MakeContext) -> None:
    builder.build(slow_step(make_context()))
    assert not is_cached(builder, slow_step(make_context()))


def test_a_cache_in_a_registry(
    builder: Builder, store: Store, make_context: MakeContext, name: str
) -> None:
    place = Cache("registry", {"ref": f"{name}:cache", "mode": "max"})
    request = slow_step(make_context(), cache_to=(place,))
    if store != "containerd":
        with pytest.raises(Unsupported, match="cannot write a 'registry' cache"):
            builder.build(request, credentials=credentials)
        return
    builder.build(request, credentials=credentials)
    read = Cache("registry", {"ref": f"{name}:cache"})
    assert is_cached(builder, slow_step(make_context(), cache_from=(read,)))


def test_a_cache_inside_an_image(
    builder: Builder, store: Store, make_context: MakeContext, name: str
) -> None:
    output = (
        Image(names=(f"{name}:1",), push=True)
        if store == "containerd"
        else IntoEngine(names=(f"{name}:1",))
    )
    inline = slow_step(make_context(), cache_to=(Cache("inline"),), outputs=(output,))
    result = builder.build(inline, credentials=credentials)
    assert result.digest
    if store == "containerd":
        read = Cache("registry", {"ref": f"{name}:1"})
        assert is_cached(builder, slow_step(make_context(), cache_from=(read,)))


@pytest.mark.parametrize("name", ["s3", "azblob", "none-such"])
def test_a_cache_that_the_builder_does_not_know(
    builder: Builder, make_context: MakeContext, name: str
) -> None:
    with pytest.raises(Unsupported, match=rf"'{name}' cache \(it can: .*inline"):
        builder.build(slow_step(make_context(), cache_to=(Cache(name),)))
