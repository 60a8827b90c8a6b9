"""Spans, edits, lines and encodings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reimage.text import (
    Edit,
    LineIndex,
    Span,
    apply_edits,
    closest,
    decode,
    encode,
    overlap,
    split_lines,
)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("\n", ["\n"]),
        ("a", ["a"]),
        ("a\nb", ["a\n", "b"]),
        ("a\r\nb\n", ["a\r\n", "b\n"]),
        ("a\fb\vc\rd\u2028e\x85f\x1cg\n", ["a\fb\vc\rd\u2028e\x85f\x1cg\n"]),
    ],
)
def test_only_a_line_feed_ends_a_line(text: str, lines: list[str]) -> None:
    assert split_lines(text) == lines


@given(st.text(st.sampled_from("a\r\n\f\u2028")))
def test_lines_join_to_the_text_and_the_index_knows_where_they_begin(text: str) -> None:
    lines = split_lines(text)
    index = LineIndex(text)
    assert "".join(lines) == text
    at = 0
    for number, line in enumerate(lines, 1):
        assert index.start(number) == at
        assert index.line(at) == index.line(at + len(line) - 1) == number
        assert index.position(at + len(line) - 1) == (number, len(line))
        at += len(line)


@given(st.binary())
def test_any_bytes_come_back_from_a_text(data: bytes) -> None:
    assert encode(decode(data)) == data


def test_bytes_that_are_no_utf8_count_as_one_character_each() -> None:
    assert len(decode(b"\xff\xc3\xa9\xfe")) == 3


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        ((0, 3), (3, 5), False),
        ((0, 3), (2, 5), True),
        ((0, 9), (2, 5), True),
        ((3, 3), (3, 3), True),  # two insertions: their order would be a guess
        ((3, 3), (3, 5), False),
        ((5, 5), (3, 5), False),
        ((4, 4), (3, 5), True),
    ],
)
def test_edits_get_in_each_others_way_or_do_not(
    one: tuple[int, int], other: tuple[int, int], answer: bool
) -> None:
    assert overlap(Span(*one), Span(*other)) is answer
    assert overlap(Span(*other), Span(*one)) is answer


def test_edits_are_made_wherever_they_stand_in_the_list() -> None:
    edits = [Edit(Span(4, 5), "E"), Edit(Span(0, 2), ""), Edit(Span(2, 2), "-")]
    assert apply_edits("abcdef", edits) == "-cdEf"


def test_overlapping_edits_are_our_own_fault() -> None:
    with pytest.raises(AssertionError, match="overlap at 1"):
        apply_edits("abc", [Edit(Span(0, 2), ""), Edit(Span(1, 3), "")])


def test_a_span_holds_itself_and_what_lies_inside() -> None:
    assert Span(1, 4).holds(Span(1, 4)) and Span(1, 4).holds(Span(4, 4))
    assert not Span(1, 4).holds(Span(0, 2)) and not Span(1, 4).holds(Span(3, 5))
    assert Span(1, 3).of("abcd") == "bc"


def test_the_closest_name_is_close_or_none() -> None:
    assert closest("RNU", ("RUN", "COPY")) == "RUN"
    assert closest("xyzzy", ("RUN", "COPY")) is None
    assert closest("R" * 1_000_000, ("RUN",)) is None
