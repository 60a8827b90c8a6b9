"""Many builds and looks in one process cost no more than a few."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from tests.engine.buildkit.conftest import SHELL, MakeContext
from tests.engine.buildkit.leftovers import of_this_process

from buildkit_client import Builder, BuildFailed, BuildRequest, LocalDirectory, connect

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.usefixtures("nothing_stays"),
]


def resident() -> int:
    """Memory of this process, in bytes."""
    gc.collect()
    for line in Path("/proc/self/status").read_text().split("\n"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError


def native_threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


def test_a_hundred_builds_leave_no_more_than_ten(
    builder: Builder, url: str, make_context: MakeContext, tmp_path: Path
) -> None:
    """Good ones, failing ones and looks, over one connection and over connections of their own."""
    context = make_context(f=b"x" * (1 << 20))
    good = BuildRequest(
        context=context,
        dockerfile=SHELL + b"COPY f /\n",
        network="host",
        outputs=(LocalDirectory(tmp_path / "out"),),
    )
    bad = BuildRequest(context=context, dockerfile=SHELL + b"COPY none /\n", network="host")

    def once(number: int) -> None:
        builder.build(good)
        with pytest.raises(BuildFailed):
            builder.build(bad)
        if number % 5 == 0:
            with connect(url) as own, own.look(bad) as gateway, pytest.raises(BuildFailed):
                gateway.solve(evaluate=True)

    for number in range(10):
        once(number)
    things, threads, memory = len(of_this_process()), native_threads(), resident()
    for number in range(100):
        once(number)
    assert len(of_this_process()) <= things + 4
    assert native_threads() <= threads + 4
    assert resident() - memory < 24 << 20
