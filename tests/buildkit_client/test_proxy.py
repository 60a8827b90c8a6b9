"""The socket of our own between gRPC and a builder."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from buildkit_client.transport.proxy import Proxy

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_long_folder_for_temporary_files_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / ("x" * 100)
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    near, far = socket.socketpair()
    proxy = Proxy(lambda: far)
    try:
        with socket.socket(socket.AF_UNIX) as client, near:
            client.connect(proxy.target.removeprefix("unix:"))
            client.sendall(b"x")
            assert near.recv(1) == b"x"
    finally:
        proxy.close()
