"""What builds told becomes figures, and reasons that blame the right one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from buildkit_client import BuildRequest
from buildkit_client.errors import BuildFailed, SourceLocation, StepFailed
from buildkit_client.status import Step
from reimage.pipeline.proving.building import BuildBench, Settings
from reimage.pipeline.proving.exporting import _steps
from reimage.pipeline.proving.failing import judged
from reimage.pipeline.proving.refused import NotBuilt, NotProvable


def step(name: str, seconds: float = 0.0, *, cached: bool = False, digest: str = "") -> Step:
    return Step(
        digest or name, name, (), 1.0, 1.0 + seconds, seconds, cached=cached, error="", group=""
    )


def steps(*told: Step) -> list[tuple[str, bool]]:
    result: Any = SimpleNamespace(steps=told)
    return [(one.name, one.cached) for one in _steps(result)]


def test_only_the_steps_of_the_dockerfile_count() -> None:
    told = [step("[internal] load build context", 1), step("exporting to image", 1)]
    assert steps(*told, step("[build 1/2] FROM x", 1)) == [("[build 1/2] FROM x", False)]


def test_a_step_that_a_build_at_the_same_time_ran_counts_once_and_as_run() -> None:
    own, neighbour = step("[2/3] RUN x", digest="a"), step("[2/3] RUN x", 0.5, digest="b")
    assert steps(own, neighbour) == [("[2/3] RUN x", False)]
    assert steps(neighbour, own) == [("[2/3] RUN x", False)]


def test_a_step_that_never_ran_came_out_of_the_cache() -> None:
    assert steps(step("[2/3] RUN x"), step("[3/3] RUN y", cached=True)) == [
        ("[2/3] RUN x", True),
        ("[3/3] RUN y", True),
    ]


def failed(message: str, *log: str) -> BuildFailed:
    return StepFailed(message).with_step("RUN x", log)


def test_a_disk_that_is_full_is_nobodys_fault() -> None:
    with pytest.raises(NotProvable, match=r"The builder's disk is full: .*builder prune"):
        judged(failed("exit code: 1", "dd: No space left on device"))


@pytest.mark.parametrize(
    "log",
    [
        "curl: (6) Could not resolve host: example.org",
        "Temporary failure resolving 'example.org'",
        "wget: can't connect to remote host: Network is unreachable",
        "dial tcp: lookup example.org: no such host",
    ],
)
def test_a_network_that_is_down_is_told_from_a_file_that_does_not_build(log: str) -> None:
    found = judged(failed("exit code: 6", log))
    assert found.is_network
    assert str(found).endswith("is the network of RUN there?")


def test_an_image_out_of_reach_is_the_fault_of_who_names_it() -> None:
    found = judged(
        failed("example.org/base: failed to resolve source metadata for it: no such host")
    )
    assert not found.is_network
    assert "example.org/base" in str(found)


def test_what_else_fails_is_the_files_fault() -> None:
    found = judged(failed("exit code: 127", "no-such-program: not found"))
    assert not found.is_network
    assert "no-such-program: not found" in str(found)


@pytest.mark.parametrize(
    ("vertex", "is_located", "lacks_line"),
    [("sha256:a", False, True), ("sha256:a", True, False), ("", False, False)],
    ids=["a step without its line", "a step with its line", "no step"],
)
def test_a_step_that_fails_without_its_line_is_told_apart(
    vertex: str, is_located: bool, lacks_line: bool
) -> None:
    location = SourceLocation("Dockerfile", 4, 4, b"RUN x") if is_located else None
    found = judged(StepFailed("exit code: 1", vertex=vertex, location=location))
    assert found.lacks_line == lacks_line
    assert str(found).startswith("line 4: ") == is_located


@pytest.mark.parametrize(
    ("flags", "tries"),
    [({}, 1), ({"lacks_line": True}, 2), ({"is_network": True}, 2)],
    ids=["the file's fault", "no line", "the network's fault"],
)
def test_what_another_try_may_mend_is_tried_once_more(
    monkeypatch: pytest.MonkeyPatch, flags: dict[str, bool], tries: int
) -> None:
    tried: list[str] = []

    def fails(_self: BuildBench, name: str, _request: object) -> None:
        tried.append(name)
        raise NotBuilt("it does not", **flags)

    monkeypatch.setattr(BuildBench, "_build", fails)
    builder: Any = None
    bench = BuildBench(Settings(builder, BuildRequest()), None, b"", ("", b""))
    with pytest.raises(NotBuilt):
        bench.build("it", b"", b"")
    assert len(tried) == tries
