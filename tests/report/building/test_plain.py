"""Progress for logs: lines that follow one another."""

from __future__ import annotations

from tests.report.building.events import log, step, transfer, warned

from buildkit_client.status import Event
from reimage.report.building.plain import PlainProgress

RUN = "[2/4] RUN make"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def written(*events: Event, colours: bool = False) -> list[str]:
    out: list[str] = []
    progress = PlainProgress(out.append, colours=colours, clock=Clock())
    for event in events:
        progress.take(event)
    progress.close()
    assert all(text.endswith("\n") for text in out)
    return "".join(out).split("\n")[:-1]


def test_a_step_that_has_not_begun_is_not_told() -> None:
    assert written(step(RUN, None)) == []


def test_output_of_an_unknown_step_is_not_told() -> None:
    assert written(log("nobody", b"x\n")) == []


def test_a_step_begins_prints_and_ends() -> None:
    events: list[Event] = [step(RUN), log(RUN, b"one\ntwo", 0.1234), step(RUN, 0.0, 1.25)]
    assert written(*events) == [
        "#1 [2/4] RUN make",
        "#1 0.123 one",
        "#1 two",
        "#1 DONE 1.2s",
    ]


def test_a_cached_step_says_so_and_no_time() -> None:
    assert written(step(RUN, 0.0, 0.0, cached=True)) == ["#1 [2/4] RUN make", "#1 CACHED"]
    assert written(step(RUN, None, None, cached=True))[0] == "#1 [2/4] RUN make"


def test_steps_are_numbered_in_the_order_in_which_they_begin() -> None:
    told = written(step("b", None), step("a"), step("b"), step("a", 0, 1), step("b", 0, 2))
    assert told == ["#1 a", "#2 b", "#1 DONE 1.0s", "#2 DONE 2.0s"]


def test_the_time_of_several_runs_is_told_once() -> None:
    """BuildKit ends a step as soon as its key is known, and then runs it."""
    told = written(
        step(RUN),
        step(RUN, 0.0, 0.001),
        step(RUN, 1.0, None, seconds=0.001),
        step(RUN, 1.0, 3.0, seconds=2.001),
    )
    assert told == ["#1 [2/4] RUN make", "#1 DONE 2.0s"]


def test_steps_of_a_group_are_one() -> None:
    copy = "[2/2] COPY --link . ."
    told = written(
        step(copy, 0, 1, group="g", digest="1"),
        step(f"[2/2] LINK {copy}", 1, 2, group="g", digest="2"),
    )
    assert told == ["#1 [2/2] COPY --link . .", "#1 DONE 1.0s", "#1 DONE 2.0s"]


def test_a_transfer_is_told_when_it_ends_or_takes_long() -> None:
    clock = Clock()
    out: list[str] = []
    progress = PlainProgress(out.append, clock=clock)
    progress.take(step("load"))
    progress.take(transfer("load", "transferring context:", 1_000))
    clock.now = 2.0
    progress.take(transfer("load", "transferring context:", 500_000))
    clock.now = 7.5
    progress.take(transfer("load", "transferring context:", 2_500_000, 10_000_000))
    progress.take(transfer("load", "transferring context:", 10_000_000, 10_000_000, ended=7.6))
    assert "".join(out).split("\n") == [
        "#1 load",
        "#1 transferring context: 2.50 MB of 10 MB",
        "#1 transferring context: 10 MB 7.6s done",
        "",
    ]


def test_errors_and_cancelled_steps_are_told() -> None:
    assert written(step(RUN, 0, 1, error="exit code: 2\nmore"))[-1] == "#1 ERROR: exit code: 2"
    assert written(step(RUN, 0, 1, error="137: context canceled"))[-1] == "#1 CANCELED"


def test_findings_are_told() -> None:
    assert written(step(RUN), warned(RUN, "ConsistentCasing: x"))[1] == (
        "#1 WARNING: ConsistentCasing: x"
    )


def test_control_characters_are_not_passed_on() -> None:
    name = "[1/1] RUN \x1b[2J"
    told = written(step(name), log(name, b"\x1b[31mred\x1b[2J\n"))
    assert told == ["#1 [1/1] RUN \\x1b[2J", "#1 0.000 red"]
    told = written(step(name), log(name, b"\x1b[31mred\x1b[2J\n"), colours=True)
    assert told[1] == "#1 0.000 \x1b[31mred\x1b[0m"
