"""Every builder that the surroundings speak of."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from buildkit_client.transport import discovery
from buildkit_client.transport.candidates import Candidate, candidates


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Docker's configuration, and a machine without sockets."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("DOCKER_CONTEXT", raising=False)
    monkeypatch.setattr(discovery, "_DOCKER_SOCKET", tmp_path / "docker.sock")
    monkeypatch.setattr(discovery, "_BUILDKIT_SOCKETS", (tmp_path / "buildkitd.sock",))
    return tmp_path


def add_context(folder: Path, name: str, meta: object) -> None:
    place = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    place.mkdir(parents=True)
    (place / "meta.json").write_text(json.dumps(meta))


def add_instance(folder: Path, name: str, instance: object) -> None:
    (folder / "buildx" / "instances").mkdir(parents=True, exist_ok=True)
    (folder / "buildx" / "instances" / name).write_text(json.dumps(instance))


def test_a_machine_without_anything_has_none() -> None:
    assert candidates({}) == ()


def test_variables_go_before_sockets(folder: Path) -> None:
    (folder / "docker.sock").touch()
    (folder / "buildkitd.sock").touch()
    found = candidates({"BUILDKIT_HOST": "tcp://b:1", "DOCKER_HOST": "tcp://d:1"})
    assert [(it.url, it.was_named, it.is_usual) for it in found] == [
        ("tcp://b:1", True, False),
        ("tcp://d:1", True, False),
        (f"unix://{folder}/docker.sock", False, True),
        (f"unix://{folder}/buildkitd.sock", False, True),
    ]


def test_contexts_are_found_the_one_in_use_first(folder: Path) -> None:
    for name in ("a", "z"):
        meta = {"Name": name, "Endpoints": {"docker": {"Host": f"tcp://{name}:1"}}}
        add_context(folder, name, meta)
    add_context(folder, "bad", {"Name": "bad", "Endpoints": {}})
    (folder / "contexts" / "meta" / "odd").mkdir()
    (folder / "contexts" / "meta" / "odd" / "meta.json").write_text("no JSON")
    (folder / "config.json").write_text('{"currentContext": "z"}')
    found = candidates({})
    assert [(it.url, it.source, it.was_named) for it in found] == [
        ("tcp://z:1", "the Docker context in use 'z'", True),
        ("tcp://a:1", "the Docker context named 'a'", False),
        ("", "the Docker context named 'bad'", False),
    ]
    assert found[2].problem == "the Docker context 'bad' names no host"


def test_a_context_in_use_that_is_gone_is_told(folder: Path) -> None:
    (folder / "config.json").write_text('{"currentContext": "gone"}')
    (found,) = candidates({})
    assert found.was_named
    assert "'gone' cannot be read" in found.problem


def test_builders_of_buildx_are_not_started_by_asking(folder: Path) -> None:
    add_instance(folder, "box", {"Driver": "docker-container", "Nodes": [{"Name": "box7"}]})
    add_instance(folder, "far", {"Driver": "remote", "Nodes": [{"Endpoint": "tcp://f:1"}]})
    add_instance(folder, "kube", {"Driver": "kubernetes"})
    add_instance(folder, "odd", ["?"])
    (folder / "buildx" / "instances" / "broken").write_text("{")
    found = {it.url: it for it in candidates({})}
    assert found["buildx://box"].ask_at == "docker-container://buildx_buildkit_box7"
    assert found["buildx://far"] == Candidate("buildx://far", "the buildx builder 'far' (remote)")
    assert found["buildx://kube"].problem == "it was not asked, for asking would start it"
    assert found["buildx://broken"].problem
    assert found["buildx://odd"].source == "the buildx builder 'odd' (unknown driver)"
