"""Which values the file alone decides, and which the base image or a build argument."""

from __future__ import annotations

import pytest

from reimage.dockerfile import parse
from reimage.model import Facts, State


def end_of(dockerfile: str) -> State:
    parsed = parse(dockerfile)
    assert not parsed.problems
    return Facts(parsed.tree).stages[-1].end


@pytest.mark.parametrize(
    ("dockerfile", "value", "settled"),
    [
        ("FROM alpine\nENV A=/a", "/a", "/a"),
        ("FROM alpine\nENV A=/a\nENV B=$A/b A=$A/c", "/a/c", "/a/c"),
        ("FROM alpine AS base\nENV A=/a\nFROM base", "/a", "/a"),
        ("FROM alpine\nARG A=/a", "/a", None),
        ("FROM alpine\nARG X=/x\nENV A=$X/a", "/x/a", None),
        ("FROM alpine AS base\nARG X=/x\nENV A=$X/a\nFROM base", "/x/a", None),
        ("FROM alpine\nARG X=/x\nENV A=$X\nENV A=/a", "/a", "/a"),
        ("FROM alpine\nARG X\nENV A=$X/a", None, None),
        ("FROM alpine\nENV A=$HOME/a", None, None),
        ("FROM alpine\nENV X=$HOME\nENV A=$X/a", None, None),
        ("FROM alpine\nENV X=$HOME\nARG A=$X/a", None, None),
        ("FROM alpine\nENV A=$HOME\nENV A=/a", "/a", "/a"),
        ("FROM alpine", None, None),
    ],
)
def test_a_value_is_settled_when_nobody_else_has_a_say(
    dockerfile: str, value: str | None, settled: str | None
) -> None:
    state = end_of(dockerfile)
    assert state.value("$A", "\\") == value
    assert state.settled("$A", "\\") == settled


@pytest.mark.parametrize(
    ("dockerfile", "workdir", "overridable"),
    [
        ("FROM alpine\nWORKDIR /a\nWORKDIR b", "/a/b", False),
        ("FROM alpine\nARG A=/a\nWORKDIR $A\nWORKDIR b", "/a/b", True),
        ("FROM alpine\nARG A=/a\nENV B=$A\nWORKDIR $B", "/a", True),
        ("FROM alpine\nARG A=/a\nWORKDIR $A\nWORKDIR /b", "/b", False),
        ("FROM alpine\nWORKDIR b", None, False),
        ("FROM alpine\nWORKDIR /a\nENV B=$HOME/b\nWORKDIR $B", None, False),
        ("FROM alpine\nWORKDIR /a\nWORKDIR $HOME\nWORKDIR c", None, False),
    ],
)
def test_the_working_directory_says_whether_an_argument_can_move_it(
    dockerfile: str, workdir: str | None, overridable: bool
) -> None:
    state = end_of(dockerfile)
    assert (state.workdir, state.workdir_overridable) == (workdir, overridable)
