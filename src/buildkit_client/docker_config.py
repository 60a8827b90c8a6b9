"""Credentials of registries, as Docker's configuration and its helpers keep them."""

from __future__ import annotations

import base64
import binascii
import json
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from buildkit_client.transport.contexts import config_folder

#: Under this name Docker keeps what it knows about Docker Hub.
DOCKER_HUB = "https://index.docker.io/v1/"
_HUB_HOSTS = ("docker.io", "index.docker.io", "registry-1.docker.io")
_HELPER_SECONDS = 30


class Credentials(NamedTuple):
    """A user name and a password; without a name the password is an identity token."""

    username: str
    password: str


ANONYMOUS = Credentials("", "")


class DockerConfig:
    """A config.json. What cannot be read holds no credentials."""

    def __init__(self, folder: Path | None = None) -> None:
        try:
            text = ((folder or config_folder()) / "config.json").read_bytes()
            config: object = json.loads(text)
        except (OSError, ValueError):
            config = {}
        self._config: dict[str, object] = config if isinstance(config, dict) else {}

    def credentials(self, host: str) -> Credentials:
        """For a registry as an image name gives it (`docker.io`, `localhost:5000`)."""
        key = DOCKER_HUB if host in _HUB_HOSTS else host
        helper = self._table("credHelpers").get(key) or self._config.get("credsStore")
        if isinstance(helper, str) and helper:
            found = _ask_helper(helper, key)
            if found:
                return found
        for name in (key, f"https://{key}", f"http://{key}", f"https://{key}/v1/"):
            entry = self._table("auths").get(name)
            if isinstance(entry, dict) and (found := _read_entry(entry)):
                return found
        return ANONYMOUS

    def _table(self, name: str) -> dict[str, object]:
        table = self._config.get(name)
        return table if isinstance(table, dict) else {}


def _read_entry(entry: dict[str, object]) -> Credentials | None:
    token = entry.get("identitytoken")
    if isinstance(token, str) and token:
        return Credentials("", token)
    packed = entry.get("auth")
    if isinstance(packed, str) and packed:
        try:
            text = base64.b64decode(packed).decode()
        except (binascii.Error, ValueError):
            return None
        username, _, password = text.partition(":")
        return Credentials(username, password.strip("\0"))
    name, secret = entry.get("username"), entry.get("password")
    if isinstance(name, str) and isinstance(secret, str) and name:
        return Credentials(name, secret)
    return None


def _ask_helper(helper: str, key: str) -> Credentials | None:
    program = shutil.which(f"docker-credential-{helper}")
    if program is None:
        return None
    try:
        answer = subprocess.run(
            [program, "get"], input=key.encode(), capture_output=True, timeout=_HELPER_SECONDS
        )
        found: object = json.loads(answer.stdout) if answer.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    if not isinstance(found, dict):
        return None
    username, password = found.get("Username"), found.get("Secret")
    if not isinstance(username, str) or not isinstance(password, str):
        return None
    return Credentials("" if username == "<token>" else username, password)
