"""Ways to a builder: each carries a whole build, with a context there and a result back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.engine.buildkit.certificates import make_certificates, server_side
from tests.engine.buildkit.relay import relay
from tests.engine.buildkit.ssh_server import running_ssh_server
from tests.engine.install import Engine, install
from tests.engine.service import run

from buildkit_client import Builder, BuildRequest, LocalDirectory, NoBuilder, Tls, connect

if TYPE_CHECKING:
    from tests.engine.buildkit.conftest import MakeContext

pytestmark = pytest.mark.engine

CONTENT = os.urandom(3_000_000)
Carries = Callable[[Builder], None]
Monkey = pytest.MonkeyPatch


@pytest.fixture
def engine(suite: str, url: str, tmp_path: Path, monkeypatch: Monkey) -> Engine:
    """A Docker client of the builder's age, with buildx, which knows of no builder yet."""
    found = install(suite)
    config = tmp_path / "config"
    config.mkdir()
    (config / "cli-plugins").symlink_to(found.client_plugins)
    monkeypatch.setenv("DOCKER_CONFIG", str(config))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(found.docker.parent), prepend=os.pathsep)
    for name in ("BUILDKIT_HOST", "DOCKER_CONTEXT", "DOCKER_HOST"):
        monkeypatch.delenv(name, raising=False)
    return found


@pytest.fixture
def socket_path(url: str) -> Path:
    """Where the engine listens."""
    return Path(url.removeprefix("unix://"))


@pytest.fixture
def carries(tmp_path: Path, make_context: MakeContext) -> Carries:
    """A check that a build works."""

    def check(builder: Builder) -> None:
        out = LocalDirectory(tmp_path / "out")
        dockerfile = b"FROM scratch\nCOPY f /\n"
        context = make_context(f=CONTENT)
        builder.build(BuildRequest(context=context, dockerfile=dockerfile, outputs=(out,)))
        assert (out.path / "f").read_bytes() == CONTENT
        shutil.rmtree(out.path)

    return check


def test_by_docker_host(engine: Engine, url: str, carries: Carries, monkeypatch: Monkey) -> None:
    monkeypatch.setenv("DOCKER_HOST", url)
    with connect() as builder:
        assert builder.reason == "$DOCKER_HOST names it"
        carries(builder)


def test_by_the_docker_context_in_use(engine: Engine, url: str, carries: Carries) -> None:
    run(["docker", "context", "create", "far", "--docker", f"host={url}"])
    run(["docker", "context", "use", "far"])
    with connect() as builder:
        assert builder.reason == "the Docker context 'far' is in use"
        carries(builder)


def test_through_buildx(engine: Engine, url: str, carries: Carries, monkeypatch: Monkey) -> None:
    monkeypatch.setenv("DOCKER_HOST", url)
    with connect("buildx://default") as builder:
        carries(builder)
        assert "moby" in builder.abilities.exporters
    with pytest.raises(NoBuilder, match="none-such"):
        connect("buildx://none-such", timeout=5)


def test_through_buildx_to_a_remote_builder(
    engine: Engine, socket_path: Path, tmp_path: Path, carries: Carries
) -> None:
    with relay(socket_path, listen=tmp_path / "s"):
        run(["docker", "buildx", "create", "--name=far", "--driver=remote", f"unix://{tmp_path}/s"])
        with connect("buildx://far") as builder:
            carries(builder)


def test_a_buildkit_of_its_own_at_a_socket(
    socket_path: Path, tmp_path: Path, carries: Carries, monkeypatch: Monkey
) -> None:
    monkeypatch.setenv("BUILDKIT_HOST", f"unix://{tmp_path}/s")
    with relay(socket_path, listen=tmp_path / "s"), connect() as builder:
        assert builder.reason == "$BUILDKIT_HOST names it"
        carries(builder)


def test_a_buildkit_of_its_own_at_a_port(socket_path: Path, carries: Carries) -> None:
    with relay(socket_path) as port, connect(f"tcp://127.0.0.1:{port}") as builder:
        carries(builder)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def test_a_buildkit_of_its_own_with_certificates_of_both_sides(
    socket_path: Path, certificates: Path, carries: Carries
) -> None:
    with relay(socket_path, tls=server_side(certificates, "h2")) as port:
        url = f"tcp://localhost:{port}"
        with connect(url, tls=Tls.in_folder(certificates)) as builder:
            carries(builder)
        with pytest.raises(NoBuilder):
            connect(url, tls=Tls(certificates / "ca.pem"), timeout=2)


@pytest.fixture
def docker_port(socket_path: Path, certificates: Path) -> Iterator[int]:
    """The Docker API with certificates of both sides."""
    tls = server_side(certificates, "http/1.1")
    with relay(socket_path, tls=tls, hijack=False) as port:
        yield port


def test_docker_with_certificates_by_docker_host(
    engine: Engine, docker_port: int, certificates: Path, carries: Carries, monkeypatch: Monkey
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"tcp://localhost:{docker_port}")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(certificates))
    with connect() as builder:
        carries(builder)
    monkeypatch.setenv("DOCKER_CERT_PATH", str(certificates.parent))
    with pytest.raises(NoBuilder, match="certificate"):
        connect(timeout=5)


def test_docker_with_certificates_by_a_context(
    engine: Engine, docker_port: int, certificates: Path, carries: Carries, monkeypatch: Monkey
) -> None:
    files = ",".join(f"{name}={certificates / name}.pem" for name in ("ca", "cert", "key"))
    host = f"host=tcp://localhost:{docker_port},{files}"
    run(["docker", "context", "create", "far", "--docker", host])
    monkeypatch.setenv("DOCKER_CONTEXT", "far")
    with connect() as builder:
        carries(builder)


def test_by_ssh(
    engine: Engine, url: str, carries: Carries, tmp_path: Path, monkeypatch: Monkey
) -> None:
    with running_ssh_server(tmp_path, {"DOCKER_HOST": url}) as server:
        monkeypatch.setenv("PATH", str(server.client.parent), prepend=os.pathsep)
        with connect(f"ssh://root@127.0.0.1:{server.port}") as builder:
            carries(builder)
    with pytest.raises(NoBuilder, match="refused"):
        connect(f"ssh://root@127.0.0.1:{server.port}", timeout=10)


def test_in_a_container(
    engine: Engine,
    url: str,
    socket_path: Path,
    make_context: MakeContext,
    carries: Carries,
    monkeypatch: Monkey,
) -> None:
    """The container's `buildctl dial-stdio` is a stand-in that reaches a BuildKit at a port."""
    monkeypatch.setenv("DOCKER_HOST", url)
    with relay(socket_path) as port:
        script = b'#!/bin/sh\n[ "$1" = dial-stdio ] && exec nc 127.0.0.1 %d\n' % port
        context = make_context(
            buildctl=script,
            Dockerfile=b"FROM scratch\nCOPY busybox /bin/sh\nCOPY busybox /bin/nc\n"
            b"COPY busybox /bin/sleep\nCOPY --chmod=755 buildctl /bin/buildctl\nENV PATH=/bin\n",
        )
        run(["docker", "buildx", "build", "--load", "--tag=buildctl", str(context)])
        start = ["run", "--detach", "--network=host", "buildctl", "sh", "-c", "sleep 1000"]
        container = run(["docker", *start]).strip()
        try:
            with connect(f"docker-container://{container}") as builder:
                carries(builder)
        finally:
            run(["docker", "rm", "--force", container])
    with pytest.raises(NoBuilder, match="No such container"):
        connect(f"docker-container://{container}", timeout=10)
