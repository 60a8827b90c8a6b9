"""Ignore files mean to us what they mean to BuildKit's own libraries, error for error.

Patterns are made of the characters that mean something; plain ones would rarely hit anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.go_oracle import Oracle, Refused, running_oracle
from tests.engine.service import EngineUnavailable

from buildkit_client.ignore import BadIgnorePattern, IgnoreMatcher, read_patterns

pytestmark = pytest.mark.engine

NAMES = ["a", "b", "ab", "ba", "a.b", ".a", "aa", "-", "^", "]", "[", "\\", "*", "!", "1", "a b"]
NAMES += ["#", "d", "é", "A", "x1", "_", "$", "a\n"]
SIGNS = "ab1é" * 3 + "//////****??.!!\\[]^-" + "{}()+|$#_:dDwWsSbBAzQEpPLNnt041x \ufeff\r\t"
LINE = st.text(st.sampled_from(SIGNS), min_size=1, max_size=12)
SEGMENT = st.sampled_from(["a", "b", "ab", "*", "**", "?", "*.b", "a*", "[ab]", "[^a]", "**b", "."])
PLAIN = st.builds(
    lambda sign, parts: sign + "/".join(parts),
    st.sampled_from(["", "", "!", "/", "!/", "./", " "]),
    st.lists(SEGMENT, min_size=1, max_size=4),
)
ODD = [
    r"[\d]",
    r"[^\w]",
    r"\d",
    r"\w*",
    "[a-b]",
    "[^a-]?",
    r"[\]a]",
    "[[:alpha:]]",
    "[[:^digit:]b]",
]
ODD += [
    "[[:no:]]",
    r"\pL",
    r"[\PN]",
    "[b-a]",
    r"\x61",
    r"\141",
    r"\Qa.\E",
    "^*",
    "*^",
    "[*]",
    "[?]",
]
ODD += ["*.{a,b}", "?|b", "?{2}", "*{3}", "a{1,2}*", r"\x{61}", r"\p{Lu}*"]
CLASS = st.sampled_from(ODD)
TEXT = st.lists(
    st.one_of(PLAIN, LINE, st.builds("{}{}".format, PLAIN, CLASS)), min_size=1, max_size=5
).map("\n".join)
PATHS = st.lists(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join), min_size=1, max_size=12
)


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    try:
        with running_oracle() as running:
            yield running
    except EngineUnavailable as reason:
        if os.environ.get("CI"):
            pytest.fail(str(reason), pytrace=False)
        pytest.skip(str(reason))


def is_refused(oracle: Oracle, patterns: list[str]) -> bool:
    try:
        oracle.ignores(patterns, ["a"])
    except Refused:
        return True
    return False


def agrees(oracle: Oracle, text: str, paths: list[str]) -> None:
    patterns = read_patterns(text)
    assert patterns == oracle.read(text.encode())
    try:
        matcher = IgnoreMatcher(patterns)
    except BadIgnorePattern as error:
        # Some are only refused once they are used. We don't wait for that.
        used = [[error.pattern], ["**", error.pattern]]
        if not any(is_refused(oracle, patterns) for patterns in used):
            pytest.fail(f"BuildKit takes {error.pattern!r}")
        return
    assert [matcher.ignores(path) for path in paths] == oracle.ignores(patterns, paths)


@settings(max_examples=400, deadline=None)
@given(TEXT, PATHS)
def test_some_hundred_ignore_files(oracle: Oracle, text: str, paths: list[str]) -> None:
    agrees(oracle, text, paths)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(TEXT, PATHS)
def test_ten_thousand_ignore_files(oracle: Oracle, text: str, paths: list[str]) -> None:
    agrees(oracle, text, paths)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xef\xbb\xbfa",
        b"\xef\xbb\xbf# a\nb",
        b"a\r\nb\r\n\r\n",
        b" # no comment\n\t!\t/a/ \n",
        b"!\n",
        b"! /\n",
        b"/\n//\n.\n..\n../a\n/../a\n!..\n",
        "\u00a0a\u2003\n\x1ca\x1c\n\x85\n".encode(),
        b"a\xff\n!\xfe\n\xa0b\xa0\n",
        b"a" * 65_535,
        b"a\0b\n",
    ],
)
def test_ignore_files_are_read_as_buildkit_reads_them(oracle: Oracle, text: bytes) -> None:
    assert read_patterns(os.fsdecode(text)) == oracle.read(text)


def test_a_line_that_buildkit_cannot_read_is_refused(oracle: Oracle) -> None:
    text = "a\n" + "b" * 65_536
    with pytest.raises(Refused, match="too long"):
        oracle.read(text.encode())
    with pytest.raises(BadIgnorePattern):
        read_patterns(text)


def test_a_pattern_that_is_never_used_is_refused_all_the_same(oracle: Oracle) -> None:
    assert oracle.ignores([r"!\y"], ["a"]) == [False]
    with pytest.raises(Refused):
        oracle.ignores(["a", r"!\y"], ["a"])
    with pytest.raises(BadIgnorePattern):
        IgnoreMatcher([r"!\y"])


def test_the_oracle_says_no_where_it_should(oracle: Oracle, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert oracle.ignores(["a"], ["a", "b"]) == [True, False]
    assert [entry.path for entry in oracle.walk(tmp_path, [])] == ["a"]
    assert oracle.walk(tmp_path, ["a"]) == []
