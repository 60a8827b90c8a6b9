"""Keys in files are served by an agent that does not outlive the build."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from buildkit_client import BadRequest, agent_with_keys

needs_openssh = pytest.mark.skipif(not shutil.which("ssh-agent"), reason="OpenSSH is not here")


def _key(path: Path, passphrase: str = "") -> str:
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "a test", "-f", str(path)]
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
    return path.with_suffix(".pub").read_text()


def test_without_openssh_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadRequest, match="install OpenSSH"), agent_with_keys([]):
        pass


@needs_openssh
@pytest.mark.parametrize("kind", ["none", "no key", "too large", "locked"])
def test_what_is_no_key_is_refused(tmp_path: Path, kind: str) -> None:
    key = tmp_path / "key"
    if kind == "no key":
        key.write_text("FROM scratch\n")
    elif kind == "too large":
        key.write_bytes(b"-" * (1 << 21))
    elif kind == "locked":
        _key(key, "a passphrase")
    said = {"none": "cannot be read: No such file", "too large": "too large"}
    refused = pytest.raises(BadRequest, match=said.get(kind, "without a passphrase"))
    with refused, agent_with_keys([key]):
        pass


@needs_openssh
def test_an_agent_holds_the_keys_for_as_long_as_it_is_used(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    public = _key(first) + _key(second)
    first.chmod(0o644)  # as files that a cluster mounts are
    with agent_with_keys([first, second]) as socket:
        told = subprocess.run(
            ["ssh-add", "-L"],
            env={"SSH_AUTH_SOCK": str(socket), "PATH": "/usr/bin"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert told.stdout == public
        assert socket.parent.stat().st_mode & 0o077 == 0
    assert not socket.parent.exists()
