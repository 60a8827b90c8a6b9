"""What strangers' processes print never steers the terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reimage.report.building.log_text import Lines, log_line


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[2J",
        "\x1b[10;10H",
        "\x1b]0;title\x07",
        "\x1b]52;c;aGk=\x1b\\",
        "\x1bPq#0\x1b\\",
        "\x1b(0",
        "\x1bc",
        "\x1b[8m",
        "\x1b[5m",
        "\x1b[1;8m",
        "\x9d0;title\x9c",
    ],
)
@pytest.mark.parametrize("colours", [False, True])
def test_nothing_but_colours_gets_through(text: str, colours: bool) -> None:
    assert log_line(f"a{text}b", colours=colours) == "ab"


@pytest.mark.parametrize(
    "code", ["31", "0", "", "1;31", "38;5;200", "48;2;1;2;3", "97", "4;38;5;1;1"]
)
def test_colours_stay_where_they_are_wanted_and_end_with_the_line(code: str) -> None:
    assert log_line(f"a\x1b[{code}mb", colours=True) == f"a\x1b[{code}mb\x1b[0m"
    assert log_line(f"a\x1b[{code}mb") == "ab"


def test_unfinished_sequences_are_not_sent() -> None:
    assert log_line("a\x1b") == "a\\x1b"
    assert log_line("a\x1b[31") == "a31"
    assert log_line("a\x1b]0;never ended") == "a"
    assert log_line("bell\x07 nul\x00 rtl\u202e") == "bell\\x07 nul\\x00 rtl\\u202e"


def test_a_line_that_is_written_over_is_shown_as_it_ends() -> None:
    assert log_line("10%\r50%\r100%\r") == "100%"


def test_a_line_without_end_is_cut() -> None:
    assert len(log_line("x" * 10_000_000)) < 5_000


@given(st.text(), st.booleans())
def test_no_control_character_is_left(text: str, colours: bool) -> None:
    shown = log_line(text, colours=colours)
    without = shown.replace("\x1b[", "") if colours else shown
    assert not [c for c in without if ord(c) < 32 or 127 <= ord(c) < 160]


def test_pieces_become_lines() -> None:
    lines = Lines()
    assert lines.add(b"one\ntw") == ["one"]
    assert lines.partial == "tw"
    assert lines.add(b"o\xff\n\n") == ["two\ufffd", ""]
    assert lines.end() == []
    lines.add(b"rest")
    assert (lines.end(), lines.end()) == (["rest"], [])


def test_a_stream_without_line_ends_does_not_fill_the_memory() -> None:
    lines = Lines()
    for _ in range(100):
        lines.add(b"x" * 10_000)
    assert len(lines.partial) == 64 * 1024
