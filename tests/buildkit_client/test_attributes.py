"""A request in the words of dockerfile.v0."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from buildkit_client import (
    BadRequest,
    BuildRequest,
    Cache,
    Compression,
    Image,
    IntoEngine,
    LocalDirectory,
    OciArchive,
    Output,
    Provenance,
    Rule,
    Sbom,
    Tar,
)
from buildkit_client.attributes import attributes, entitlements, sources
from buildkit_client.policy import encode
from buildkit_client.solve import solve_message


def test_an_empty_request_says_nothing() -> None:
    assert attributes(BuildRequest()) == {}
    assert entitlements(BuildRequest()) == ()


def test_all_fields() -> None:
    request = BuildRequest(
        target="t",
        platforms=("linux/amd64", "linux/arm64"),
        args={"A": "1"},
        labels={"l": "2"},
        no_cache=True,
        pull=True,
        network="host",
        extra_hosts={"h": "1.2.3.4"},
        shm_size=64,
        ulimits=("nofile=1:2",),
        entitlements=("security.insecure",),
        source_date_epoch=0,
        provenance=Provenance("max"),
        sbom=Sbom("scanner"),
        frontend_options={"hostname": "x"},
    )
    assert attributes(request) == {
        "target": "t",
        "platform": "linux/amd64,linux/arm64",
        "build-arg:A": "1",
        "label:l": "2",
        "no-cache": "",
        "image-resolve-mode": "pull",
        "force-network-mode": "host",
        "add-hosts": "h=1.2.3.4",
        "shm-size": "64",
        "ulimit": "nofile=1:2",
        "build-arg:SOURCE_DATE_EPOCH": "0",
        "attest:provenance": "mode=max",
        "attest:sbom": "generator=scanner",
        "hostname": "x",
    }
    assert entitlements(request) == ("network.host", "security.insecure")


def test_no_cache_for_some_stages() -> None:
    assert attributes(BuildRequest(no_cache=("a", "b"))) == {"no-cache": "a,b"}


def test_caches_to_read_are_an_attribute_of_the_frontend(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text(
        json.dumps(
            {
                "manifests": [
                    {
                        "digest": "sha256:1",
                        "annotations": {"org.opencontainers.image.ref.name": "latest"},
                    }
                ]
            }
        )
    )
    caches = (
        Cache("registry", {"ref": "r"}),
        Cache("local", {"src": str(tmp_path)}),
        Cache("local", {"src": str(tmp_path / "none")}),
    )
    told = json.loads(attributes(BuildRequest(cache_from=caches))["cache-imports"])
    assert told == [
        {"Type": "registry", "Attrs": {"ref": "r"}},
        {"Type": "local", "Attrs": {"src": str(tmp_path), "digest": "sha256:1"}},
    ]


def test_named_contexts(tmp_path: Path) -> None:
    found = sources(
        BuildRequest(context=tmp_path, contexts={"a": tmp_path, "b": "docker-image://c"})
    )
    assert found.attributes == {
        "context:a": "local:context:a",
        "context:b": "docker-image://c",
        "filename": "Dockerfile",
    }
    assert set(found.trees) == {"context", "dockerfile", "context:a"}


def test_a_context_that_the_builder_fetches() -> None:
    found = sources(BuildRequest(context="https://example.com/x.git"))
    assert found.attributes == {"context": "https://example.com/x.git", "filename": "Dockerfile"}
    assert not found.trees


@pytest.mark.parametrize(
    "request_fields",
    [
        pytest.param({}, id="neither context nor Dockerfile"),
        pytest.param({"context": Path("/nowhere")}, id="no such context"),
        pytest.param({"dockerfile": Path("/nowhere/Dockerfile")}, id="no such Dockerfile"),
        pytest.param({"contexts": {"a": Path("/nowhere")}, "dockerfile": b""}, id="no such folder"),
    ],
)
def test_requests_that_make_no_sense(request_fields: dict[str, Path]) -> None:
    with pytest.raises(BadRequest):
        sources(BuildRequest(**request_fields))  # type: ignore[arg-type]


def test_outputs() -> None:
    zstd = Compression("zstd", 3, force=True)
    told: dict[Output, dict[str, str]] = {
        IntoEngine(names=("a", "b")): {"name": "a,b"},
        IntoEngine(): {},
        Tar(Path("x")): {},
        LocalDirectory(Path("x")): {},
    }
    for output, expected in told.items():
        assert output.attributes() == expected
    assert Image(names=("a",), push=True).attributes() == {"name": "a", "push": "true"}
    archive = OciArchive(target=Path("x"), compression=zstd, rewrite_timestamp=True)
    assert archive.attributes() == {
        "compression": "zstd",
        "compression-level": "3",
        "force-compression": "true",
        "rewrite-timestamp": "true",
    }


def test_the_message_holds_no_deprecated_or_dangerous_field(tmp_path: Path) -> None:
    request = BuildRequest(
        context=tmp_path,
        outputs=(Tar(Path("x")),),
        cache_to=(Cache("inline"),),
        source_policy=(Rule("deny", "docker-image://*"),),
    )
    message = solve_message(request, sources(request), "ref", "session")
    assert (message.ref, message.session, message.frontend) == ("ref", "session", "dockerfile.v0")
    assert [exporter.type for exporter in message.exporters] == ["tar"]
    assert [cache.type for cache in message.cache.exports] == ["inline"]
    assert not message.cache.imports
    assert message.source_policy.rules[0].action == 1


def test_no_policy_is_no_message() -> None:
    assert encode(()) is None


def test_an_exact_source_is_replaced_by_a_pattern_since_builders_pass_over_it() -> None:
    policy = encode([Rule("convert", "https://h/a.b", match="exact", replacement="https://h/$1")])
    assert policy is not None
    (rule,) = policy.rules
    assert (rule.selector.identifier, rule.selector.match_type) == (r"^https://h/a\.b$", 2)
    assert rule.updates.identifier == "https://h/$$1"
