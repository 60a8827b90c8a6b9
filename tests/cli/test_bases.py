"""`reimage bases` as a user types it, against registries in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.registry.fake_registry import MANIFEST, FakeRegistry, serving
from typer.testing import CliRunner, Result

DEBIAN = "# debian.sh --arch 'amd64' out/ 'bookworm' '@1700000000'"
ALPINE = "ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit"
HOSTS = ("docker.io", "gcr.io", "cgr.dev", "mcr.microsoft.com")


def put(
    fake: FakeRegistry, name: str, size: int, step: str = "", layers: int = 2, **config: Any
) -> None:
    """An image by `repository:tag` whose manifest says that it has `size` bytes."""
    repository, _, tag = name.partition(":")
    body = {
        "created": config.pop("created", "2026-01-02T03:04:05Z"),
        "architecture": "amd64",
        "os": "linux",
        "history": [{"created_by": step}],
        "config": config,
    }
    each = [{"digest": f"sha256:{number:064x}", "size": size // layers} for number in range(layers)]
    fake.add_manifest(
        repository,
        tag,
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": fake.add_blob(json.dumps(body).encode()),
            "layers": each,
        },
    )


def seed(fake: FakeRegistry) -> None:
    """The usual relatives of eight images; what is left out of it is not there."""
    for tag, size, step, layers in (
        ("3.12", 360, DEBIAN, 7),
        ("3.12-bookworm", 360, DEBIAN, 7),
        ("3.12-slim", 45, DEBIAN, 4),
        ("3.12-slim-bookworm", 45, DEBIAN, 4),
        ("3.12-alpine", 18, ALPINE, 4),
        ("3.12-windowsservercore", 2000, "", 2),
    ):
        put(fake, f"library/python:{tag}", size << 20, step, layers, Env=["PYTHON_VERSION=3.12.7"])
    put(fake, "distroless/python3-debian12:latest", 20 << 20)
    put(fake, "chainguard/python:latest", 22 << 20, Env=["PYTHON_VERSION=3.14.0"], User="65532")
    put(fake, "ubuntu/python:3.12-24.04", 30 << 20, Env=[])
    for tag, size, step in (
        ("22", 380, DEBIAN),
        ("22-slim", 75, DEBIAN),
        ("22-alpine", 50, ALPINE),
    ):
        put(fake, f"library/node:{tag}", size << 20, step, Env=["NODE_VERSION=22.11.0"])
    put(fake, "distroless/nodejs22-debian12:latest", 52 << 20)
    for name, size, step in (
        ("debian:12", 48, DEBIAN),
        ("debian:12-slim", 28, DEBIAN),
        ("golang:1.23", 290, DEBIAN),
        ("golang:1.23-alpine", 70, ALPINE),
        ("ruby:3.3", 380, DEBIAN),
        ("ruby:3.3-slim", 70, DEBIAN),
        ("ruby:3.3-alpine", 35, ALPINE),
        ("nginx:1.27", 70, DEBIAN),
        ("nginx:1.27-alpine", 20, ALPINE),
        ("nginx:1.27-alpine-slim", 5, ALPINE),
        ("eclipse-temurin:21", 200, ""),
        ("eclipse-temurin:21-jre", 90, ""),
        ("eclipse-temurin:21-jre-alpine", 65, ALPINE),
        ("rust:1.82", 600, DEBIAN),
        ("rust:1.82-slim", 270, DEBIAN),
    ):
        put(fake, f"library/{name}", size << 20, step)
    put(fake, "distroless/base-debian12:latest", 8 << 20)
    put(fake, "distroless/cc-debian12:latest", 9 << 20)
    put(fake, "distroless/java21-debian12:latest", 85 << 20)
    put(fake, "dotnet/aspnet:8.0", 90 << 20, DEBIAN)
    put(fake, "dotnet/aspnet:8.0-alpine", 50 << 20, ALPINE)
    put(fake, "dotnet/aspnet:8.0-noble-chiseled", 52 << 20)


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with serving() as registry:
        seed(registry)
        yield registry


Bases = Callable[..., Result]


@pytest.fixture
def bases(fake: FakeRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bases:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-docker"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    # What the mirror lacks is asked of the registry itself, which must not happen here.
    monkeypatch.setattr("reimage.registry.connection.server", _local(fake))

    def run(*words: str) -> Result:
        from reimage.cli.app import app

        return CliRunner().invoke(app, ["bases", *words])

    return run


def _local(fake: FakeRegistry) -> Callable[[str, str], Any]:
    from reimage.registry.endpoints import Endpoint

    return lambda domain, scheme: Endpoint(f"http://{fake.address}", domain)


def told(result: Result) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def ranking(result: Result) -> list[str]:
    return [each["image"]["reference"] for each in told(result)["candidates"]]


def candidate(result: Result, reference: str) -> dict[str, Any]:
    [found] = [e for e in told(result)["candidates"] if e["image"]["reference"] == reference]
    assert isinstance(found, dict)
    return found


RANKINGS = {
    "python:3.12": [
        "python:3.12-slim",
        "ubuntu/python:3.12-24.04",
        "python:3.12-alpine",
        "gcr.io/distroless/python3-debian12",
        "cgr.dev/chainguard/python:latest",
    ],
    "python:3.12-bookworm": [
        "python:3.12-slim-bookworm",
        "ubuntu/python:3.12-24.04",
        "python:3.12-alpine",
        "gcr.io/distroless/python3-debian12",
        "cgr.dev/chainguard/python:latest",
    ],
    "node:22": ["gcr.io/distroless/nodejs22-debian12", "node:22-slim", "node:22-alpine"],
    "debian:12": [
        "gcr.io/distroless/base-debian12",
        "gcr.io/distroless/cc-debian12",
        "debian:12-slim",
    ],
    "golang:1.23": ["golang:1.23-alpine"],
    "ruby:3.3": ["ruby:3.3-slim", "ruby:3.3-alpine"],
    "nginx:1.27": ["nginx:1.27-alpine-slim", "nginx:1.27-alpine"],
    "eclipse-temurin:21": [
        "gcr.io/distroless/java21-debian12",
        "eclipse-temurin:21-jre",
        "eclipse-temurin:21-jre-alpine",
    ],
    "rust:1.82": ["rust:1.82-slim"],
    "mcr.microsoft.com/dotnet/aspnet:8.0": [
        "mcr.microsoft.com/dotnet/aspnet:8.0-noble-chiseled",
        "mcr.microsoft.com/dotnet/aspnet:8.0-alpine",
    ],
}


def test_what_is_no_image(bases: Bases) -> None:
    done = bases("Python:3.12")
    assert done.exit_code == 2
    assert "Python:3.12 is no image: " in done.stderr


def test_an_image_that_is_not_there(bases: Bases) -> None:
    done = bases("python:9.9")
    assert done.exit_code == 2
    assert "Nothing can be compared with python:9.9:" in done.stderr


def test_an_image_without_relatives(bases: Bases, fake: FakeRegistry) -> None:
    put(fake, "company/app:1", 5)
    done = bases("company/app:1")
    assert done.exit_code == 0
    assert "The catalogue knows no relatives of company/app." in done.stderr


def test_a_configuration_that_is_wrong(bases: Bases) -> None:
    Path("reimage.toml").write_text("[policy]\nrequire-digest = 3\n")
    done = bases("python:3.12")
    assert done.exit_code == 2
    assert "policy.require-digest must be true or false" in done.stderr


@pytest.mark.parametrize("image", RANKINGS)
def test_what_fits_comes_first_and_then_what_is_small(bases: Bases, image: str) -> None:
    assert ranking(bases(image, "--format=json")) == RANKINGS[image]


def test_the_reasons_are_told(bases: Bases) -> None:
    done = bases("python:3.12", "--format=json")
    slim = candidate(done, "python:3.12-slim")
    assert (slim["kind"], slim["rank"], slim["trusted"]) == ("slim", 1, True)
    assert (slim["same_libc"], slim["same_runtime"]) == (True, True)
    assert slim["image"]["release"] == "bookworm"
    assert slim["pros"] == [
        "is 87 % smaller",
        "has 3 layers fewer",
        "has the same C library (glibc)",
        "has the same Python (3.12.7)",
    ]
    assert slim["cons"] == ["lacks curl"]
    assert slim["aliases"] == ["python:3.12-slim-bookworm"]
    assert "python:3.12-bookworm" not in ranking(done)
    alpine = candidate(done, "python:3.12-alpine")
    assert alpine["same_libc"] is False
    assert alpine["cons"] == [
        "has another C library (musl), for which programs have to be built anew",
        "lacks bash, curl and useradd",
        "has apk in place of apt",
    ]
    distroless = candidate(done, "gcr.io/distroless/python3-debian12")
    assert "has Python 3.11 instead of 3.12.7" in distroless["cons"]
    wolfi = candidate(done, "cgr.dev/chainguard/python:latest")
    assert "runs as 65532, not as root" in wolfi["cons"]
    missing = [each["reference"] for each in told(done)["missing"]]
    assert missing == ["gcr.io/distroless/python3-debian13"]


def test_the_newer_of_two_equals_comes_first(bases: Bases, fake: FakeRegistry) -> None:
    for tag, year in (("1.82-slim", 2025), ("1.82-alpine", 2026)):
        put(fake, f"library/rust:{tag}", 1000, DEBIAN, created=f"{year}-05-01T00:00:00Z")
    done = bases("rust:1.82", "--format=json")
    assert ranking(done) == ["rust:1.82-alpine", "rust:1.82-slim"]
    assert "was made 118 days later" in candidate(done, "rust:1.82-alpine")["pros"]


def test_a_table_for_people(bases: Bases) -> None:
    done = bases("node:22")
    assert done.exit_code == 0
    first, _, second, third, *_ = done.stdout.split("\n")
    assert first == "node:22  398.5 MB, 2 layers, debian bookworm, 2026-01-02"
    assert second == "  1  gcr.io/distroless/nodejs22-debian12  [distroless]"
    assert third.startswith("      54.5 MB, 2 layers, debian bookworm")
    assert "     + is 86 % smaller" in done.stdout
    assert "not there: cgr.dev/chainguard/node:latest" in done.stdout
    assert done.stderr == ""


def test_the_policy_decides(bases: Bases) -> None:
    Path("reimage.toml").write_text(
        '[policy]\nregistries = ["docker.io"]\npublishers = ["docker.io/library"]\n'
    )
    done = bases("python:3.12", "--format=json")
    last = candidate(done, "cgr.dev/chainguard/python:latest")
    assert last["rank"] is None
    assert last["cons"][0] == (
        "cgr.dev/chainguard/python:latest is of cgr.dev, which is none of the allowed registries"
    )
    assert ranking(done)[:2] == ["python:3.12-slim", "python:3.12-alpine"]
    assert candidate(bases("python:3.12", "--format=json", "--no-policy"), "python:3.12-slim")


def test_tags_of_the_registry_are_found_and_those_of_windows_are_not(
    bases: Bases, fake: FakeRegistry
) -> None:
    put(fake, "library/python:3.12-slim-trixie", 44 << 20, DEBIAN, Env=["PYTHON_VERSION=3.12.7"])
    done = bases("python:3.12", "--format=json")
    assert candidate(done, "python:3.12-slim-trixie")["kind"] == "tag"
    assert "windows" not in done.stdout


def test_offline_the_table_is_what_there_is(bases: Bases, fake: FakeRegistry) -> None:
    done = bases("python:3.12", "--format=json", "--offline")
    assert done.exit_code == 0
    assert fake.requests == []
    assert "This run is offline" in done.stderr
    assert ranking(done)[0] == "python:3.12-slim"
    slim = candidate(done, "python:3.12-slim")
    assert slim["image"]["size"] is None
    assert slim["pros"] == ["has the same C library (glibc)", "has the same Python (3.12)"]
    assert slim["cons"] == ["lacks curl"]


def test_offline_the_cache_counts(bases: Bases, fake: FakeRegistry) -> None:
    assert bases("python:3.12", "--cache-tags=60").exit_code == 0
    fake.requests.clear()
    done = bases("python:3.12", "--format=json", "--offline")
    assert fake.requests == []
    assert "is 87 % smaller" in candidate(done, "python:3.12-slim")["pros"]
