"""Text from a Dockerfile can't command a terminal."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reimage.report.visible import visible, visible_lines

HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\ud800-\udfff]")
UNSEEN = "\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"


@pytest.mark.parametrize(
    "text", ["", "RUN apt-get update && apt-get install -y x", "Größe 10 ✓ 中文 é", r"C:\x1b"]
)
def test_ordinary_text_stays(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\x9b2J", r"\x9b2J"),
        ("\u202eevil", r"\u202eevil"),
        (b"\xff".decode("utf-8", "surrogateescape"), r"\xff"),
        ("\x00\x7f", r"\x00\x7f"),
    ],
)
def test_what_a_terminal_obeys_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_each_harmful_or_unseen_character_is_written_out() -> None:
    pattern = re.compile(f"{HARMFUL.pattern}|[{UNSEEN}]")
    found = [each for each in map(chr, range(0x10000)) if pattern.match(each)]
    assert len(found) > 2000
    assert [each for each in found if visible(each) == each] == []


def test_lines_keep_tabs_and_line_feeds_only() -> None:
    assert visible_lines("a\tb\r\n\x1bc\n") == "a\tb\\r\n\\x1bc\n"


@given(st.binary())
def test_no_bytes_get_through(data: bytes) -> None:
    shown = visible(data.decode("utf-8", "surrogateescape"))
    assert not HARMFUL.search(shown)
    assert not HARMFUL.search(visible_lines(shown).replace("\n", "").replace("\t", ""))
