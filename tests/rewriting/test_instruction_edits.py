"""Taking instructions out and giving them flags."""

from __future__ import annotations

import pytest

from reimage.dockerfile import Run, parse
from reimage.rewriting.edits.instruction_edits import add_flag, remove_instruction
from reimage.text import apply_edits


def without_run(source: str) -> str:
    tree = parse(source).tree
    run = next(each for each in tree.instructions if isinstance(each, Run))
    edit = remove_instruction(run, source)
    return edit if isinstance(edit, str) else apply_edits(source, [edit])


@pytest.mark.parametrize(
    "source",
    ["FROM a\n# why\nRUN b\nCMD c\n", "FROM a\nRUN b \\\n # why\n  c\nCMD d\n"],
)
def test_an_instruction_with_a_comment_stays(source: str) -> None:
    assert "comment" in without_run(source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("FROM a\nRUN b\nCMD c\n", "FROM a\nCMD c\n"),
        ("FROM a\n\nRUN b\n\nCMD c\n", "FROM a\n\nCMD c\n"),
        ("FROM a\r\n \r\nRUN b\r\n\r\nCMD c", "FROM a\r\n \r\nCMD c"),
        ("FROM a\n\nRUN b\nCMD c\n", "FROM a\n\nCMD c\n"),
        ("FROM a\n\nRUN b", "FROM a\n"),
        ("FROM a\n  RUN b \\\n  c\n# next\nCMD d\n", "FROM a\n# next\nCMD d\n"),
        ("FROM a\nRUN <<E\nb\nE\nCMD c\n", "FROM a\nCMD c\n"),
    ],
)
def test_an_instruction_goes_with_its_line_and_one_blank_line(source: str, expected: str) -> None:
    assert without_run(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("FROM a", "FROM --x=y a"),
        ("FROM --platform=p a", "FROM --platform=p --x=y a"),
        ("from \\\n --platform=p \\\n a", "from \\\n --platform=p --x=y \\\n a"),
    ],
)
def test_a_flag_goes_behind_those_that_are_there(source: str, expected: str) -> None:
    (instruction,) = parse(source).tree.instructions
    assert apply_edits(source, [add_flag(instruction, "x", "y")]) == expected
