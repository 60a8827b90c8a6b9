"""Several builds on one terminal."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from buildkit_client.status import Step
from reimage.report.building.several import SeveralBuilds


def step(name: str) -> Step:
    return Step(f"sha256:{name}", name, (), 1.0, None, 0.0, cached=False, error="", group="")


def terminal() -> Console:
    return Console(file=StringIO(), force_terminal=True, width=60, height=12, color_system=None)


def test_a_build_is_drawn_as_long_as_it_runs() -> None:
    shown = SeveralBuilds(terminal(), clock=lambda: 3.0)
    assert shown.drawn().plain == ""
    with shown.watch("the original") as one, shown.watch("it with much") as two:
        one(step("[1/2] FROM debian"))
        two(step("[2/2] RUN make"))
        rows = shown.drawn().plain.split("\n")
        assert [row.split("  ")[0].strip() for row in rows] == [
            "the original",
            "· [1/2] FROM debian",
            "it with much",
            "· [2/2] RUN make",
        ]
    assert shown.drawn().plain == ""


def test_the_block_never_outgrows_the_terminal() -> None:
    shown = SeveralBuilds(terminal(), clock=lambda: 3.0)
    with shown.watch("one") as one, shown.watch("two") as two:
        for number in range(40):
            one(step(f"[{number}/40] RUN one"))
            two(step(f"[{number}/40] RUN two"))
        assert len(shown.drawn().plain.split("\n")) < 12


def test_what_is_told_stays_and_holds_no_control_characters() -> None:
    console = terminal()
    with SeveralBuilds(console) as shown:
        shown.tell("built \x1b[2J it")
    assert isinstance(console.file, StringIO)
    told = console.file.getvalue()
    assert "reimage: built " in told
    assert "\x1b[2J" not in told
