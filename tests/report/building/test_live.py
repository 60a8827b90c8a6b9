"""Progress on a terminal, as it stands at a moment and as it is left in the end."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console
from tests.report.building.events import log, step, transfer

from buildkit_client.status import Event
from reimage.report.building.board import Board
from reimage.report.building.live import LiveProgress, block

LONG = "[build 2/5] RUN " + " && ".join(f"make target-{n}" for n in range(20))


def board(*events: Event, now: float = 100.0) -> Board:
    found = Board()
    for event in events:
        found.take(event, now)
    return found


def rows(*events: Event, now: float = 101.5, width: int = 80, height: int = 24) -> list[str]:
    shown = block(board(*events).entries, width, height, now)
    return [row.plain.rstrip() for row in shown]


def test_nothing_is_shown_of_nothing() -> None:
    assert rows() == []


def test_steps_stand_in_order_with_how_they_are() -> None:
    events: list[Event] = [
        step("[1/3] FROM debian", 0, 0.5),
        step("[2/3] COPY . .", 0, 0, cached=True),
        transfer("[1/3] FROM debian", "sha256:1", 41_000_000, 41_000_000, ended=1.0),
        step("[3/3] RUN make", 1),
        transfer("[3/3] RUN make", "x", 1_500_000, 3_000_000),
        log("[3/3] RUN make", b"one\ntwo\nthr"),
    ]
    assert rows(*events) == [
        "✓ [1/3] FROM debian                                               41 MB    0.5s",
        "✓ [2/3] COPY . .                                                         CACHED",
        "· [3/3] RUN make                                     1.50 MB of 3.00 MB    1.5s",
        "  | one",
        "  | two",
        "  | thr",
    ]


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_no_row_is_as_wide_as_the_terminal(width: int) -> None:
    wide = "[1/1] RUN echo " + "日本語" * 60
    events: list[Event] = [
        step(LONG),
        log(LONG, b"x" * 500),
        step(wide),
        step("[x] y", 0, 1, error="no"),
    ]
    shown = block(board(*events).entries, width, 24, 200.0)
    assert len(shown) == 4
    assert max(cell_len(row.plain) for row in shown) < width


@pytest.mark.parametrize("height", [3, 5, 8, 24])
def test_the_block_fits_short_terminals(height: int) -> None:
    events: list[Event] = [step(f"[{n}/9] RUN true", 0, 1) for n in range(9)]
    events += [
        step(LONG),
        log(LONG, b"a\n" * 50),
        step("[b 1/1] RUN x"),
        log("[b 1/1] RUN x", b"y"),
    ]
    shown = rows(*events, height=height)
    assert len(shown) < height
    assert any("[build 2/5] RUN" in row for row in shown)


def test_finished_steps_that_do_not_fit_are_counted() -> None:
    events: list[Event] = [step(f"[{n}/20] RUN true", n, n + 1) for n in range(20)]
    events.append(step("[20/20] RUN last", 20))
    shown = rows(*events, height=8)
    assert shown[-1] == "  and 15 more"
    assert "· [20/20] RUN last" in shown[-2]


def test_running_steps_share_the_room_for_their_output() -> None:
    events: list[Event] = []
    for name in ("[a 1/1] RUN x", "[b 1/1] RUN y"):
        events += [step(name), log(name, b"".join(b"line %d\n" % n for n in range(9)))]
    shown = rows(*events, height=9)
    assert [row for row in shown if "|" in row] == ["  | line 6", "  | line 7", "  | line 8"] * 2


def test_seconds_are_the_sum_of_the_intervals() -> None:
    name = "[1/1] RUN x"
    (row,) = rows(step(name, 50, None, seconds=2.0), now=103.0)
    assert row.endswith("5.0s")


def test_a_failed_step_is_marked() -> None:
    (row,) = rows(step("[1/1] RUN x", 0, 2, error="exit code: 2"))
    assert row.startswith("✗ [1/1] RUN x") and row.endswith("FAILED    2.0s")


def test_the_builders_own_small_steps_are_not_left_behind() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, height=24, color_system=None)
    progress = LiveProgress(console, clock=lambda: 0.0)
    for event in (
        step("[internal] load .dockerignore", 0, 0.1),
        step("[internal] load build context", 0, 0.2),
        transfer("[internal] load build context", "context", 5_000_000),
        step("[1/1] COPY . .", 0, 1),
        step("exporting to image", 0, 1),
    ):
        progress.take(event)
    progress.close()
    left = [line for line in out.getvalue().split("\n") if "✓" in line][-3:]
    assert ["internal" in line for line in left] == [True, False, False]
    assert "load build context" in left[0] and "5.00 MB" in left[0]
    assert "dockerignore" not in "".join(left)


def test_steps_that_leave_the_block_stay_on_the_terminal_once_and_in_order() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, height=8, color_system=None)
    progress = LiveProgress(console, clock=lambda: 0.0)
    names = [f"[{n}/30] RUN true {n}." for n in range(1, 31)]
    for name in names:
        progress.take(step(name))
        progress.take(step(name, 0, 1))
    progress.close()
    final = _terminal_lines(out.getvalue())
    assert [line[2 : line.index(".") + 1] for line in final if "RUN" in line] == names


def _terminal_lines(text: str) -> list[str]:
    """What a terminal without limits in height would hold in the end."""
    lines, row = [""], 0
    position = 0
    while position < len(text):
        rest = text[position:]
        if rest.startswith("\x1b[1A"):
            row, position = row - 1, position + 4
        elif rest.startswith("\x1b[2K"):
            lines[row], position = "", position + 4
        elif rest.startswith("\x1b["):
            position += next(i for i, c in enumerate(rest[2:]) if c.isalpha()) + 3
        elif rest[0] == "\n":
            row, position = row + 1, position + 1
            lines += [""] * (row + 1 - len(lines))
        elif rest[0] == "\r":
            position += 1
        else:
            lines[row] += rest[0]
            position += 1
    return lines


def test_no_color_means_no_colour_codes() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, height=24, no_color=True)
    progress = LiveProgress(console, clock=lambda: 0.0)
    progress.take(step("[1/1] RUN x", 0, 2, error="bad"))
    progress.close()
    assert "\x1b[31m" not in out.getvalue()
    assert "FAILED" in out.getvalue()
