"""Calls that bring a daemon down, or make it build old files, cannot be made.

Each is either refused before anything is sent (the channel here leads nowhere), or there is no
field in which it could be said. The engine lane proves that daemons live on.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import grpc
import pytest

import buildkit_client
from buildkit_client import (
    BadRequest,
    BuildRequest,
    ContainerOptions,
    Credentials,
    IntoEngine,
    disk,
    history,
    messages,
)
from buildkit_client.containers import Container
from buildkit_client.gateway import Gateway, Result
from buildkit_client.session.tunnel import Session

SOURCES = sorted(Path(buildkit_client.__file__).parent.rglob("*.py"))


@pytest.fixture
def nowhere() -> Iterator[grpc.Channel]:
    with grpc.insecure_channel("unix:/none/such") as channel:
        yield channel


def gateway(channel: grpc.Channel) -> Gateway:
    request = BuildRequest(dockerfile=b"FROM scratch\n")
    return Gateway(channel, request, credentials=lambda _host: Credentials("", ""))


def names(message: object) -> set[str]:
    descriptor = message.DESCRIPTOR  # type: ignore[attr-defined]
    return {field.name for field in descriptor.fields}


def test_history_is_asked_for_without_limit_and_filter() -> None:
    """Either crashes a daemon that holds a deleted record."""
    assert names(messages.BuildHistoryRequest) == {"active_only", "ref", "early_exit"}


@pytest.mark.parametrize("call", [history.record, history.forget, history.pin, history.replay])
def test_a_build_of_the_past_has_a_name(nowhere: grpc.Channel, call: object) -> None:
    assert callable(call)
    with pytest.raises(BadRequest, match="named by its ref"):
        call(nowhere, "")


def test_a_gateway_never_returns() -> None:
    """A Return with neither a result nor an error crashes the daemon: there is no such message."""
    with pytest.raises(AttributeError):
        messages.ReturnRequest  # type: ignore[attr-defined]  # noqa: B018
    assert not [path for path in SOURCES if '"Return"' in path.read_text()]


@pytest.mark.parametrize("args", [[], (), "", "true"])
def test_a_process_has_a_command(nowhere: grpc.Channel, args: list[str]) -> None:
    container = Container(nowhere, (), "ref", ContainerOptions(), mounts={})
    with pytest.raises(BadRequest, match="no command"):
        container.run(args)


def test_processes_are_started_in_one_place() -> None:
    """An Init without Meta crashes the daemon; the one that is made has it."""
    places = [
        line
        for path in SOURCES
        for line in path.read_text().split("\n")
        if "messages.ExecInit(" in line
    ]
    assert len(places) == 1
    assert "meta=meta" in places[0]


def test_a_container_has_a_root(nowhere: grpc.Channel) -> None:
    with pytest.raises(BadRequest, match="result is empty"):
        Container(nowhere, (), "", ContainerOptions(), mounts={})
    with pytest.raises(BadRequest, match="result is empty"):
        Result(gateway(nowhere), "", {}).container()


@pytest.mark.parametrize("path", ["/", "//", "/.", "/a/..", "", "a", "./", "../x"])
@pytest.mark.parametrize("kind", ["tmpfs", "mounts"])
def test_the_root_is_not_mounted_over(nowhere: grpc.Channel, path: str, kind: str) -> None:
    result = Result(gateway(nowhere), "ref", {})
    with pytest.raises(BadRequest, match="no place for a mount"):
        ContainerOptions(**{kind: {path: result}})  # type: ignore[arg-type]


def test_mounts_do_not_share_a_place(nowhere: grpc.Channel) -> None:
    result = Result(gateway(nowhere), "ref", {})
    with pytest.raises(BadRequest, match="same place"):
        ContainerOptions(tmpfs=["/a"], mounts={"/b/../a": result})


def test_mounts_are_of_the_same_gateway_and_not_empty(nowhere: grpc.Channel) -> None:
    one, other = gateway(nowhere), gateway(nowhere)
    root = Result(one, "ref", {})
    with pytest.raises(BadRequest, match="same gateway"):
        root.container(ContainerOptions(mounts={"/a": Result(other, "ref", {})}))
    with pytest.raises(BadRequest, match="nothing to mount"):
        root.container(ContainerOptions(mounts={"/a": Result(one, "", {})}))


def test_an_empty_result_is_not_looked_into(nowhere: grpc.Channel) -> None:
    empty = Result(gateway(nowhere), "", {})
    empty.evaluate()  # there is nothing to run
    for look in (lambda: empty.read("/f"), empty.list, lambda: empty.stat("/")):
        with pytest.raises(BadRequest, match="result is empty"):
            look()


def test_a_session_serves_one_build(nowhere: grpc.Channel) -> None:
    """For a second one the daemon would not look at the files again."""
    session = Session(nowhere, [], shared_key="k", name="n")
    with session:
        pass
    with pytest.raises(BadRequest, match="runs once"), session:
        pass


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"filters": [""]},
        {"filters": ["type==regular", " "]},
        {"filters": "type==regular"},
        {"unused_for": 0},
        {"unused_for": 1e-10},
        {"unused_for": -1.0},
        {"unused_for": math.inf},
        {"unused_for": math.nan},
        {"filters": ["type==regular"], "unused_for": -1.0},
    ],
)
def test_not_everything_is_pruned(nowhere: grpc.Channel, asked: dict[str, object]) -> None:
    """All that is cached is everybody's who builds there."""
    with pytest.raises(BadRequest, match=r"prune|empty filter"):
        disk.prune(nowhere, **asked)  # type: ignore[arg-type]


def test_what_an_exporter_or_the_frontend_passes_over_cannot_be_said() -> None:
    """An Engine ignores `push` on its own exporter, dockerfile.v0 the imports of the request."""
    assert {field.name for field in fields(IntoEngine)} == {"names"}
    made = re.findall(r"messages\.CacheOptions\((.*?)=", _source("solve.py"), re.DOTALL)
    assert [name.strip() for name in made] == ["exports"]


def _source(name: str) -> str:
    (path,) = [path for path in SOURCES if path.name == name]
    return path.read_text()
