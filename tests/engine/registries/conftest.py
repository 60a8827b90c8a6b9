"""docker-registry in every form: open, with passwords, with tokens, over TLS."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.engine.install import install
from tests.engine.registries.token_server import TokenServer, serving_tokens
from tests.engine.registries.uploading import Uploaded, upload
from tests.engine.registry import running_registry
from tests.engine.service import EngineUnavailable, run

from buildkit_client.docker_config import ANONYMOUS, Credentials
from reimage.registry.client import Registry
from reimage.registry.settings import Settings

PASSWORD = "right-secret"


class Authority:
    """A private authority, and a certificate for localhost that it signed."""

    def __init__(self, folder: Path) -> None:
        self.ca, self.certificate, self.key = (
            folder / name for name in ("ca.pem", "cert.pem", "key.pem")
        )
        ca_key, request, names = (folder / name for name in ("ca.key", "cert.csr", "names"))
        names.write_text("subjectAltName=DNS:localhost,DNS:registry.example.org,IP:127.0.0.1\n")
        new_key = ["-newkey", "rsa:2048", "-nodes"]
        # fmt: off
        _openssl("req", "-x509", *new_key, "-keyout", ca_key, "-out", self.ca, "-days", "2",
                 "-subj", "/CN=test authority", "-addext", "basicConstraints=critical,CA:TRUE",
                 "-addext", "keyUsage=critical,keyCertSign")
        _openssl("req", *new_key, "-keyout", self.key, "-out", request, "-subj", "/CN=localhost")
        _openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", ca_key, "-days", "2",
                 "-CAcreateserial", "-out", self.certificate, "-extfile", names)
        # fmt: on

    @property
    def settings(self) -> dict[str, Any]:
        return {"http": {"tls": {"certificate": str(self.certificate), "key": str(self.key)}}}


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Uploaded]:
    """A registry's storage, and what was put there; every registry serves the same."""
    try:
        install()
    except EngineUnavailable as reason:
        pytest.skip(str(reason))
    folder = tmp_path_factory.mktemp("registry")
    with running_registry(folder / "storage", folder) as address:
        uploaded = upload(f"http://{address}")
    return folder / "storage", uploaded


Serve = Callable[..., str]


@pytest.fixture
def serve(storage: tuple[Path, Uploaded], tmp_path: Path) -> Iterator[Serve]:
    """Settings of docker-registry → its address."""
    with ExitStack() as stack:

        def start(*settings: dict[str, Any]) -> str:
            joined: dict[str, Any] = {}
            for each in settings:
                joined |= each
            return stack.enter_context(running_registry(storage[0], tmp_path, joined))

        yield start


@pytest.fixture
def passwords(tmp_path: Path) -> dict[str, Any]:
    """Settings with which a user bob may read."""
    file = tmp_path / "htpasswd"
    # docker-registry takes no other hash than bcrypt, which the C library makes.
    salt = "$2y$04$" + "abcdefghijklmnopqrstuu"
    hashed = run(["perl", "-e", "print crypt($ARGV[0], $ARGV[1])", PASSWORD, salt])
    assert hashed.startswith(salt[:7])
    file.write_text(f"bob:{hashed}\n")
    return {"auth": {"htpasswd": {"realm": "test", "path": str(file)}}}


@pytest.fixture
def tokens(authority: Authority) -> Iterator[TokenServer]:
    with serving_tokens(authority.key, authority.certificate, authority.ca, PASSWORD) as server:
        yield server


Client = Callable[..., Registry]


@pytest.fixture
def client() -> Iterator[Client]:
    with ExitStack() as stack:

        def make(password: str | None = None, **settings: Any) -> Registry:
            known = ANONYMOUS if password is None else Credentials("bob", password)
            usual = Settings(attempts=2, first_pause=0.01, credentials=lambda host: known)
            return stack.enter_context(Registry(usual._replace(**settings)))

        yield make


def docker_config(folder: Path, address: str, password: str) -> Path:
    """A config.json as `docker login` writes it."""
    packed = base64.b64encode(f"bob:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {address: {"auth": packed}}}))
    return folder
