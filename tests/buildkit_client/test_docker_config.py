"""Credentials as Docker keeps them."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from buildkit_client import Credentials
from buildkit_client.docker_config import ANONYMOUS, DockerConfig


def config(folder: Path, **content: object) -> DockerConfig:
    (folder / "config.json").write_text(json.dumps(content))
    return DockerConfig(folder)


def packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"auths": 3}', '{"auths": {"h": 3}}'])
def test_what_cannot_be_read_holds_nothing(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "config.json").write_text(text)
    assert DockerConfig(tmp_path).credentials("h") == ANONYMOUS


def test_a_packed_entry(tmp_path: Path) -> None:
    found = config(tmp_path, auths={"localhost:5000": {"auth": packed("me:a:b")}})
    assert found.credentials("localhost:5000") == Credentials("me", "a:b")
    assert found.credentials("localhost:5001") == ANONYMOUS


def test_docker_hub_has_many_names(tmp_path: Path) -> None:
    found = config(tmp_path, auths={"https://index.docker.io/v1/": {"auth": packed("me:x")}})
    for host in ("docker.io", "registry-1.docker.io", "index.docker.io"):
        assert found.credentials(host) == Credentials("me", "x")


def test_an_identity_token_has_no_name(tmp_path: Path) -> None:
    found = config(tmp_path, auths={"h": {"identitytoken": "t", "auth": packed("<token>:x")}})
    assert found.credentials("h") == Credentials("", "t")


def test_garbage_in_an_entry_is_nobody(tmp_path: Path) -> None:
    assert config(tmp_path, auths={"h": {"auth": "!"}}).credentials("h") == ANONYMOUS


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin" / "docker-credential-test"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\nread host\n[ "$host" = h ] || exit 1\n'
        'echo \'{"Username": "from", "Secret": "helper"}\'\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return program


@pytest.mark.parametrize("content", [{"credsStore": "test"}, {"credHelpers": {"h": "test"}}])
def test_helpers_are_asked(tmp_path: Path, helper: Path, content: dict[str, object]) -> None:
    found = config(tmp_path, auths={"g": {"auth": packed("me:x")}}, **content)
    assert found.credentials("h") == Credentials("from", "helper")
    assert found.credentials("g") == Credentials("me", "x")


def test_a_helper_that_is_not_there_is_passed_over(tmp_path: Path) -> None:
    found = config(tmp_path, credsStore="none-such", auths={"h": {"auth": packed("me:x")}})
    assert found.credentials("h") == Credentials("me", "x")
