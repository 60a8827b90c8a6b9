"""A real docker-registry: open, with passwords, with tokens, plain and over TLS."""

from __future__ import annotations

import json
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.engine.registries.conftest import PASSWORD, Authority, Client, Serve, docker_config
from tests.engine.registries.uploading import LAYER, PLATFORMS, Uploaded

from buildkit_client.docker_config import DockerConfig
from reimage.image.platforms import read_platform
from reimage.model.images.references import Reference, parse_reference
from reimage.registry.base_images import base_image
from reimage.registry.client import Registry
from reimage.registry.errors import Denied, NotFound, Unreachable
from reimage.registry.listing import referrers, tags

if TYPE_CHECKING:
    from tests.engine.daemon import Daemon
    from tests.engine.registries.token_server import TokenServer

pytestmark = pytest.mark.engine
Storage = tuple[Path, Uploaded]


def at(address: str, name: str) -> Reference:
    found = parse_reference(f"{address}/{name}")
    assert isinstance(found, Reference)
    return found


def pulls_everything(registry: Registry, address: str, uploaded: Uploaded) -> None:
    """Indexes, manifests, configurations, blobs whole and in part, tags."""
    for name, digest in uploaded.digests.items():
        assert registry.resolve(at(address, name)) == digest
        assert registry.manifest(at(address, name)).digest == digest
    for text in PLATFORMS:
        platform = read_platform(text)
        assert platform
        assert base_image(registry, at(address, "app:multi"), platform).user == text
    image = at(address, "app:single")
    with registry.open_blob(image, uploaded.layer, len(LAYER)) as chunks:
        assert b"".join(chunks) == LAYER
    with registry.open_blob(image, uploaded.layer, len(LAYER), start=77) as chunks:
        assert b"".join(chunks) == LAYER[77:]
    assert list(tags(registry, image)) == ["multi", "single"]
    assert len(list(tags(registry, at(address, "old/app")))) == 27


def test_open_and_plain(serve: Serve, client: Client, storage: Storage) -> None:
    address = serve()
    pulls_everything(client(), address, storage[1])
    assert referrers(client(), at(address, "app"), storage[1].digests["app:single"]) == ()


def test_what_is_not_there(serve: Serve, client: Client) -> None:
    address = serve()
    with pytest.raises(NotFound) as error:
        client().resolve(at(address, "app:none"))
    assert str(error.value) == f"the registry {address} does not have {address}/app:none"
    with pytest.raises(NotFound) as error:
        list(tags(client(), at(address, "nothing")))
    assert str(error.value) == (
        f"the registry {address} does not have the tags of {address}/nothing"
    )


def test_passwords(
    serve: Serve, client: Client, storage: Storage, passwords: dict[str, Any], tmp_path: Path
) -> None:
    address = serve(passwords)
    pulls_everything(client(PASSWORD), address, storage[1])
    kept = DockerConfig(docker_config(tmp_path, address, PASSWORD))
    assert client(credentials=kept.credentials).resolve(at(address, "app:multi"))
    with pytest.raises(Denied) as error:
        client("wrong").resolve(at(address, "app:multi"))
    assert str(error.value) == (
        f"{address} does not accept the password of bob: "
        f"sign in again with `docker login {address}`"
    )
    with pytest.raises(Denied, match="shows app to nobody unknown"):
        client().resolve(at(address, "app:multi"))


def test_tokens(serve: Serve, client: Client, storage: Storage, tokens: TokenServer) -> None:
    address = serve(tokens.settings)
    pulls_everything(client(PASSWORD), address, storage[1])
    assert sorted(tokens.scopes) == ["repository:app:pull", "repository:old/app:pull"]
    with pytest.raises(Denied, match="does not accept the password of bob"):
        client("wrong").resolve(at(address, "app:multi"))


def test_a_token_that_is_too_old_is_replaced(
    serve: Serve, client: Client, storage: Storage, tokens: TokenServer
) -> None:
    address = serve(tokens.settings)
    tokens.lifetimes = [-300]
    assert client(PASSWORD).resolve(at(address, "app:multi")) == storage[1].digests["app:multi"]
    assert len(tokens.scopes) == 2
    tokens.lifetimes = [-300] * 9
    with pytest.raises(Denied, match="does not accept the password of bob"):
        client(PASSWORD).resolve(at(address, "app:multi"))


def test_tls_with_a_private_authority(
    serve: Serve,
    client: Client,
    storage: Storage,
    authority: Authority,
    passwords: dict[str, Any],
) -> None:
    address = serve(passwords, authority.settings)
    pulls_everything(client(PASSWORD, ca=authority.ca), address, storage[1])
    with pytest.raises(Unreachable) as error:
        client(PASSWORD).resolve(at(address, "app:multi"))
    assert str(error.value) == (
        f"The certificate of {address} is not trusted (unable to get local issuer certificate): "
        "give its authority with --ca"
    )


def test_the_authority_may_come_from_the_environment(
    serve: Serve,
    client: Client,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from reimage.registry import network

    address = serve(authority.settings)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))
    network._tls.cache_clear()
    try:
        assert client().resolve(at(address, "app:multi"))
    finally:
        network._tls.cache_clear()


def test_a_registry_without_tls_elsewhere_is_refused(serve: Serve, client: Client) -> None:
    """By another name of this machine, which does not say that it is this one."""
    address = serve()
    host, port = _own_name(), address.rpartition(":")[2]
    with socket.create_server(("0.0.0.0", 0)) as door:
        elsewhere = f"{host}:{door.getsockname()[1]}"
        door.listen()
        from threading import Thread

        thread = Thread(target=_pass_on, args=(door, int(port)))
        thread.start()
        with pytest.raises(Unreachable) as error:
            client(attempts=1).resolve(at(elsewhere, "app:multi"))
        thread.join()
    assert str(error.value) == (
        f"{elsewhere} does not speak TLS: allow plain HTTP with --plain-http {elsewhere} if you "
        "trust the network"
    )


def _own_name() -> str:
    """An address of this machine that is not the loopback's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        name: str = probe.getsockname()[0]
        return name


def _pass_on(door: socket.socket, port: int) -> None:
    """One connection's first words and the answer to them."""
    client, _ = door.accept()
    with client, socket.create_connection(("127.0.0.1", port)) as inner:
        inner.sendall(client.recv(65536))
        while answer := inner.recv(65536):
            client.sendall(answer)


@pytest.mark.parametrize("name", ["app:single", "app:multi", "old/app:single", "old/app:multi"])
def test_docker_agrees_on_the_digest(
    daemon: Daemon, serve: Serve, client: Client, storage: Storage, name: str
) -> None:
    address = serve()
    template = "--format={{json .Manifest}}"
    told = json.loads(
        daemon.docker("buildx", "imagetools", "inspect", template, f"{address}/{name}")
    )
    assert client().resolve(at(address, name)) == told["digest"]
    if name.endswith(":multi"):
        listed = [each["digest"] for each in told["manifests"]]
        asked = [read_platform(text) for text in PLATFORMS]
        chosen = [client().image(at(address, name), each)[0] for each in asked if each]
        assert chosen == listed


def test_a_pinned_file_builds(
    daemon: Daemon, serve: Serve, client: Client, storage: Storage, tmp_path: Path
) -> None:
    """BuildKit takes what is written, also behind an ARG, and an override unpins itself."""
    from reimage.pipeline.pin import PinOptions, gather, pin_files

    address = serve()
    path = tmp_path / "Dockerfile"
    path.write_text(
        f"ARG TAG=multi\nFROM {address}/app:${{TAG}} AS app\nFROM scratch\n"
        f"COPY --from={address}/old/app:single / /old\n"
    )
    options = PinOptions(write=True)
    (report,) = pin_files(gather([str(path)], options), options)
    assert len(report.rewrites) == 2
    outline = ["buildx", "build", "--call=outline,format=json", str(tmp_path)]
    assert "app:multi" not in daemon.docker(*outline)
    checked = daemon.docker("buildx", "build", "--call=check", str(tmp_path))
    assert "no warnings" in checked
    checked = daemon.docker(
        "buildx", "build", "--call=check", "--target=app", "--build-arg=TAG=single", str(tmp_path)
    )
    assert "no warnings" in checked


def test_python_can_verify_the_certificate(authority: Authority) -> None:
    """Else the tests above would show nothing."""
    context = ssl.create_default_context(cafile=authority.ca)
    assert context.get_ca_certs()
