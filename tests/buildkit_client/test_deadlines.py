"""Who ended a build: whoever called, the time that was given, or the builder."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import grpc
import pytest
from tests.buildkit_client.fake_builder import FakeBuilder, Refusal, receive

from buildkit_client import BadRequest, BuildRequest, Cancelled, Credentials, TimedOut, solve
from buildkit_client.solve import Build

# The words of a builder for all of these.
CANCELLED = "failed to solve: Canceled: context canceled"


def ended(folder: Path, *, timeout: float | None, wait: float = 0.0, cancel: bool = False) -> None:
    """A build of which the builder says after a while that it was cancelled."""

    def refuse(_channel: grpc.Channel) -> None:
        time.sleep(wait)
        raise Refusal(CANCELLED)

    request = BuildRequest(dockerfile=b"FROM scratch\n")
    with FakeBuilder(folder, solve=refuse) as builder:
        running = Build(
            builder.channel, request, credentials=lambda _: Credentials("", ""), timeout=timeout
        )
        with running:
            if cancel:
                running.cancel()
            running.result()


def test_a_builder_that_keeps_the_deadline_before_we_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solve, "_ROUNDING", 30.0)
    with pytest.raises(TimedOut):
        ended(tmp_path, timeout=30)


def test_our_own_deadline(tmp_path: Path) -> None:
    with pytest.raises(TimedOut):
        ended(tmp_path, timeout=0.3, wait=1)


@pytest.mark.parametrize("timeout", [None, 30])
def test_a_builder_that_ends_a_build_before_its_time(tmp_path: Path, timeout: float | None) -> None:
    with pytest.raises(Cancelled):
        ended(tmp_path, timeout=timeout)


def test_a_build_that_was_stopped_is_not_out_of_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solve, "_ROUNDING", 30.0)
    with pytest.raises(Cancelled):
        ended(tmp_path, timeout=30, cancel=True)


def test_a_builder_that_names_its_own_end_for_our_reason(tmp_path: Path) -> None:
    """It stops all steps when the context cannot be sent; which of them tells of it is chance."""
    context = tmp_path / "context"
    context.mkdir()
    Path(os.fsdecode(os.fsencode(context) + b"/n\xff")).write_bytes(b"1")

    def stop(channel: grpc.Channel) -> None:
        with suppress(grpc.RpcError):
            receive(channel, ("dir-name", "context"))
        raise Refusal(CANCELLED)

    request = BuildRequest(context=context, dockerfile=b"FROM scratch\n")
    with FakeBuilder(tmp_path, solve=stop) as builder:
        running = Build(builder.channel, request, credentials=lambda _: Credentials("", ""))
        with pytest.raises(BadRequest, match="is not UTF-8"), running:
            running.result()
