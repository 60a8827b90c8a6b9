"""What an engine needs, and what is said where it is not there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from tests.engine.install import debian_source, install
from tests.engine.service import EngineUnavailable

STANZA = "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n"


def test_an_engine_needs_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(EngineUnavailable, match="needs root"):
        install()


def test_an_engine_needs_debian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(EngineUnavailable, match="apt-get is not here"):
        install()


def test_other_distributions_are_no_source_of_debian(tmp_path: Path) -> None:
    (tmp_path / "other.sources").write_text(STANZA.replace("bookworm", "nodistro"))
    with pytest.raises(EngineUnavailable, match="No source of Debian"):
        debian_source("sid", tmp_path)


def test_a_newer_suite_comes_from_the_same_mirror(tmp_path: Path) -> None:
    security = STANZA.replace("debian\n", "debian-security\n")
    (tmp_path / "debian.sources").write_text(f"{STANZA}\n{security}")
    assert debian_source("sid", tmp_path).split("\n")[:3] == [
        "Types: deb",
        "URIs: http://mirror.example/debian",
        "Suites: sid",
    ]
