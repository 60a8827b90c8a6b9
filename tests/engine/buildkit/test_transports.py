"""Ways to a builder: through buildx, and over TCP with certificates of both sides."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from buildkit_client import BuildRequest, NoBuilder, Tls, connect
from buildkit_client.transport.hijack import upgrade

pytestmark = pytest.mark.engine

REQUEST = BuildRequest(dockerfile=b"FROM scratch\nLABEL transported=1\n", no_cache=True)


@pytest.fixture
def docker(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client with buildx, which the engine's packages bring along."""
    config = tmp_path / "config"
    config.mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(config))
    monkeypatch.setenv("DOCKER_HOST", url)
    found = list((Path.home() / ".cache/reimage-test-engine").glob("docker-sid/usr"))
    if not found:
        pytest.skip("the engine of the tests is not unpacked here")
    (config / "cli-plugins").symlink_to(found[0] / "libexec/docker/cli-plugins")
    monkeypatch.setenv("PATH", str(found[0] / "bin"), prepend=os.pathsep)


def test_through_buildx(docker: None) -> None:
    with connect("buildx://default") as builder:
        assert builder.build(REQUEST).steps
        assert "moby" in builder.abilities.exporters


def test_a_builder_that_buildx_does_not_know(docker: None) -> None:
    with pytest.raises(NoBuilder, match="none-such"):
        connect("buildx://none-such", timeout=5)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA, a server's and a client's certificate, named as Docker names the client's."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make certificates with")
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    ca = ("-CA", "ca.pem", "-CAkey", "ca-key.pem")
    new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    openssl(*new, "-keyout", "ca-key.pem", "-out", "ca.pem", "-subj", "/CN=ca")
    for name, certificate, key in (
        ("localhost", "server.pem", "server-key.pem"),
        ("client", "cert.pem", "key.pem"),
    ):
        alternative = ("-addext", f"subjectAltName=DNS:{name}")
        subject = ("-subj", f"/CN={name}", *alternative)
        openssl(*new, *ca, "-keyout", key, "-out", certificate, *subject)
    return folder


@pytest.fixture(params=["http/1.1", "h2"])
def tls_port(request: pytest.FixtureRequest, url: str, certificates: Path) -> Iterator[int]:
    """The engine's socket behind TLS that asks for a client's certificate: as dockerd does it, or
    as a BuildKit of its own does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server-key.pem")
    context.load_verify_locations(certificates / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols([request.param])
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            try:
                secure = context.wrap_socket(accepted, server_side=True)
            except OSError:
                accepted.close()
                continue
            upstream = socket.socket(socket.AF_UNIX)
            upstream.connect(url.removeprefix("unix://"))
            if request.param == "h2":
                upgrade(upstream)
            threading.Thread(target=_carry, args=(secure, upstream), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def _carry(secure: ssl.SSLSocket, plain: socket.socket) -> None:
    from buildkit_client.transport.tls import _carry

    _carry(secure, plain)


def test_with_certificates(
    tls_port: int,
    certificates: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    own = request.node.callspec.params["tls_port"] == "h2"
    if own:
        with connect(f"tcp://localhost:{tls_port}", tls=Tls.in_folder(certificates)) as builder:
            assert builder.build(REQUEST).steps
        with pytest.raises(NoBuilder):
            connect(f"tcp://localhost:{tls_port}", tls=Tls(certificates / "ca.pem"), timeout=2)
        return
    monkeypatch.delenv("BUILDKIT_HOST", raising=False)
    monkeypatch.setenv("DOCKER_HOST", f"tcp://localhost:{tls_port}")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(certificates))
    with connect() as builder:
        assert builder.reason == "$DOCKER_HOST names it"
        assert builder.build(REQUEST).steps
    monkeypatch.setenv("DOCKER_CERT_PATH", str(certificates.parent))
    with pytest.raises(NoBuilder, match="certificate"):
        connect(timeout=5)
