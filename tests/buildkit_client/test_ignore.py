"""The documented rules of .dockerignore, and the shortcut against the matcher it shortens."""

from __future__ import annotations

import time

import pytest
from e2b_dockerfile_utils import PatternMatcher
from hypothesis import given
from hypothesis import strategies as st

from buildkit_client.ignore import BadIgnorePattern, IgnoreMatcher, read_patterns


def matcher(text: str) -> IgnoreMatcher:
    return IgnoreMatcher(read_patterns(text))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        pytest.param("", "a", id="an empty file ignores nothing"),
        pytest.param("# a\n", "a", id="a comment"),
        pytest.param("a/*.txt", "a/b/c.txt", id="a star does not cross a slash"),
        pytest.param("a?b", "a/b", id="a question mark does not cross a slash"),
        pytest.param("a", "b/a", id="a name without stars is bound to the root"),
        pytest.param("abc.def", "abcZdef", id="a dot is a dot"),
        pytest.param("a[b-d]e", "aae", id="outside a range"),
        pytest.param("abc/**", "abc", id="all below a directory is not the directory"),
        pytest.param("**/.foo", "bar.foo", id="two stars and a slash end at a slash"),
        pytest.param("*.md\n!README.md", "README.md", id="a negation"),
        pytest.param("docs\n!docs/a.md", "docs/a.md", id="a negation below a directory"),
        pytest.param("docs/\n! /docs/a.md ", "docs/a.md", id="a negation with blanks and slash"),
        pytest.param("**\n!util/web", "util/web/foo", id="a negated directory is sent whole"),
        pytest.param("../a", "a", id="outside of the context"),
        pytest.param(".", "a", id="the context itself"),
        pytest.param("/", "a", id="the root itself"),
        pytest.param("*.{js,ts}", "a.js", id="braces are not alternatives"),
        pytest.param("A", "a", id="case counts"),
        pytest.param("**/**", "a\n", id="stars match no line feed"),
        pytest.param(r"\a", "a", id="an escaped letter is one of Go's, here a bell"),
        pytest.param("*^a", "^a", id="a caret is an anchor where there are wildcards"),
        pytest.param("a*{b}{c}", "a{b}{c}d", id="braces are braces"),
        pytest.param("[b*]", "b", id="a star ends brackets"),
    ],
)
def test_it_sends(text: str, path: str) -> None:
    assert not matcher(text).ignores(path)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        pytest.param("a", "a", id="a file"),
        pytest.param("a", "a/b/c", id="all below a directory"),
        pytest.param("/a/", "a/b", id="slashes at both ends"),
        pytest.param("./a/../b//c/.", "b/c", id="a path is cleaned"),
        pytest.param("\ufeffa", "a", id="a byte order mark"),
        pytest.param("a\r\nb\r\n", "b", id="carriage returns"),
        pytest.param("  a  ", "a", id="blanks around"),
        pytest.param(" #a", "#a", id="an indented hash is no comment"),
        pytest.param("*", ".hidden", id="a star matches a leading dot"),
        pytest.param("**/*.pyc", "a.pyc", id="two stars match no directory"),
        pytest.param("**/*.pyc", "a/b/c.pyc", id="two stars match several"),
        pytest.param("**/node_modules", "a/node_modules/b/c", id="two stars and what is below"),
        pytest.param("a/**/z", "a/b/c/z", id="two stars in the middle"),
        pytest.param("a/**", "a/b/c", id="two stars at the end"),
        pytest.param("a**/*.txt", "a/b/c/d.txt", id="two stars in a name"),
        pytest.param("**file", "dir/myfile", id="two stars without a slash"),
        pytest.param("a[^b-d]e", "aze", id="a negated range"),
        pytest.param(r"a\*b", "a*b", id="an escape"),
        pytest.param("a(b)|{c}+$", "a(b)|{c}+$", id="signs of regular expressions"),
        pytest.param("^a", "^a", id="a caret without wildcards"),
        pytest.param(r"v\d*", "v1/x", id="a class of Go's"),
        pytest.param("[[:digit:]]", "7", id="a named class"),
        pytest.param("?|b", "b", id="a bar is an alternative where there are wildcards"),
        pytest.param("?{2}", "ab", id="a repetition"),
        pytest.param(r"\x61", "a", id="a character by its number"),
        pytest.param(r"\Qa\E*", "ab", id="a quotation"),
        pytest.param(r"\PN", "a", id="what is no number"),
        pytest.param("[b*]", "bb]", id="a star ends brackets and repeats them"),
        pytest.param("a.md\n!a.md\na.md", "a.md", id="the last match wins"),
        pytest.param("!a.md\n*.md", "a.md", id="a negation before"),
        pytest.param("**\n!web\nweb/a", "web/a", id="a file of a negated directory"),
        pytest.param("a\x1cb", "a\x1cb", id="a separator is an ordinary character"),
        pytest.param("caf\udce9", "caf\udce9", id="a name that is not UTF-8"),
    ],
)
def test_it_holds_back(text: str, path: str) -> None:
    assert matcher(text).ignores(path)


@pytest.mark.parametrize("pattern", ["!", "!/", "[", "a[", "[^bc", "[a-]", "a\\", "ok\n[]a]"])
def test_what_buildkit_refuses_is_refused_with_the_pattern_named(pattern: str) -> None:
    with pytest.raises(BadIgnorePattern) as caught:
        matcher(pattern)
    assert caught.value.pattern == pattern.rpartition("\n")[2]


def test_patterns_are_read_as_buildkit_cleans_them() -> None:
    text = "\ufefftest1\n/test2\n//a/file/\n\n# comment\n! /inverted/path\n/\n./.\n a b \n"
    expected = ("test1", "test2", "a/file", "!inverted/path", "/", ".", "a b")
    assert read_patterns(text) == expected


@pytest.mark.parametrize(
    ("text", "directory"),
    [
        ("", "a"),
        ("b", "a"),
        ("a\n!a/b/c", "a"),
        ("a\n!a/b/c", "a/b"),
        ("a\n!**/*.md", "a/b"),
        ("a\n!*/b", "a"),
        ("a\n!a[^x]b", "a"),
    ],
)
def test_a_directory_is_entered_when_something_below_may_be_sent(text: str, directory: str) -> None:
    assert not matcher(text).may_skip_directory(directory)


@pytest.mark.parametrize(
    ("text", "directory"),
    [("a", "a"), ("a", "a/b"), ("a\n!b/c", "a"), ("a\n!a/b/c", "a/x"), ("**/x\n!*/y", "q/x")],
)
def test_a_directory_is_skipped_when_no_negation_reaches_below(text: str, directory: str) -> None:
    assert matcher(text).may_skip_directory(directory)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 30 + "*b", "a" * 255),
        ("**a/" * 30 + "b", "a/" * 1000 + "a"),
        (r"?{0,500}" * 20 + "b", "a" * 255),
        ("*a|" * 10 + "*b", "a" * 255),
        ("**/" * 40 + "b", "a/" * 1000 + "c"),
    ],
)
def test_no_pattern_takes_long(pattern: str, path: str) -> None:
    began = time.process_time()
    assert matcher(pattern).ignores(path) == ("|" in pattern)
    assert time.process_time() - began < 5


SEGMENT = st.sampled_from(
    ["a", "b", "ab", "a.b", "*", "**", "?b", "*.b", "a*", "[ab]", "a[^x]b", "**b", "a**"]
)
PATTERN = st.builds(
    lambda negated, parts: "!" * negated + "/".join(parts),
    st.booleans(),
    st.lists(SEGMENT, min_size=1, max_size=3),
)
PATH = st.lists(st.sampled_from(["a", "b", "ab", "a.b", "bb"]), min_size=1, max_size=4)


@given(st.lists(PATTERN, max_size=5), st.lists(PATH, min_size=1, max_size=12))
def test_the_shortcut_never_changes_an_answer(patterns: list[str], found: list[list[str]]) -> None:
    quick, plain = IgnoreMatcher(patterns), PatternMatcher(patterns)
    paths = ["/".join(parts) for parts in found]
    assert [quick.ignores(path) for path in paths] == [plain.matches(path) for path in paths]


NAMES = st.builds(
    lambda negated, parts: "!" * negated + "/".join(parts),
    st.booleans(),
    st.lists(st.sampled_from(["a", "b", "ab", "a.b"]), min_size=1, max_size=3),
)


@given(st.lists(NAMES, max_size=6), st.lists(PATH, min_size=1, max_size=12))
def test_names_need_no_port_and_are_matched_alike(
    patterns: list[str], found: list[list[str]]
) -> None:
    quick, plain = IgnoreMatcher(patterns), PatternMatcher(patterns)
    paths = ["/".join(parts) for parts in found]
    assert [quick.ignores(path) for path in paths] == [plain.matches(path) for path in paths]


@given(st.lists(PATTERN, max_size=4), PATH, PATH)
def test_nothing_below_a_skipped_directory_is_sent(
    patterns: list[str], above: list[str], below: list[str]
) -> None:
    if IgnoreMatcher(patterns).may_skip_directory("/".join(above)):
        assert PatternMatcher(patterns).matches("/".join(above + below))
