"""Quoting, options and wrappers."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reimage.shell import Command, literal, parse, quote

EXPANDED = ["$x", '"$x"', "a${b}c", "$(a)", "`a`", '"`a`"', "$((1))", "<(a)", "$'a'", "$1", "$?"]
LITERALS = {
    "abc": "abc",
    "'a b'": "a b",
    '"a b"': "a b",
    r"a\ b": "a b",
    r'"a\"b\c\$d"': r'a"b\c$d',
    "'$x'": "$x",
    '"it\'s"': "it's",
    "a'b'\"c\"d": "abcd",
    "''": "",
    "a$": "a$",
    '"a$"': "a$",
    "a\\\nb": "ab",
    "/var/*": "/var/*",
    "~/x": "~/x",
}


@pytest.mark.parametrize("written", EXPANDED)
def test_an_expanded_word_has_no_value(written: str) -> None:
    assert literal(written) is None


@pytest.mark.parametrize(("written", "value"), LITERALS.items(), ids=LITERALS)
def test_removes_quotes_and_escapes(written: str, value: str) -> None:
    assert literal(written) == value


@given(st.text(st.characters(blacklist_characters="\0\r")))
def test_quoting_a_value_and_reading_it_gives_the_value(value: str) -> None:
    assert literal(quote(value)) == value
    assert shlex.split(quote(value)) == [value]


def only(text: str) -> Command:
    (command,) = parse(text).commands
    return command


def test_globs_are_told_from_quoted_ones() -> None:
    command = only("rm /x/* '/x/*' \"[a]\" \\? a?")
    assert [word.has_glob for word in command.arguments] == [True, False, False, False, True]


@pytest.mark.parametrize(
    ("text", "name"),
    [("$X/apt-get a", None), ("A=b", None), ("/usr/bin/apt-get a", "apt-get"), ('"a"', "a")],
)
def test_knows_the_program_by_its_last_part(text: str, name: str | None) -> None:
    assert only(text).name == name


def test_tells_options_from_operands() -> None:
    command = only("a -x --long=1 b - $c -- -d")
    assert [word.text for word in command.options] == ["-x", "--long=1"]
    assert [word.text for word in command.operands] == ["b", "-", "$c", "-d"]


@pytest.mark.parametrize("option", ["-n", "--quie", "--yes", "-qqq", "-o"])
def test_does_not_find_an_option_that_is_not_given(option: str) -> None:
    assert not only("a -qyq --quiet=2 -oA::B=n c -- --yes -n").has_option(option)


@pytest.mark.parametrize("option", ["-q", "-y", "-qq", "--quiet", "--quiet=2"])
def test_finds_options_in_clusters_and_before_values(option: str) -> None:
    assert only("a -qyq --quiet=2 -- --yes -n").has_option("--other", option)


NOT_UNWRAPPED = [
    "apt-get update", "sudo", "sudo -i apt-get update", "sudo -s", "env -S 'a b'", "env",
    "command -v apt-get", "exec 2>&1", "env --what a", "sh -c a", "time $X a -p",
]  # fmt: skip
UNWRAPPED = {
    "sudo apt-get update": "apt-get update",
    "sudo -E apt-get -y update": "apt-get -y update",
    "sudo -u root -H apt-get update": "apt-get update",
    "sudo -uroot -- apt-get update": "apt-get update",
    "sudo --preserve-env=A A=b apt-get update": "apt-get update",
    "env -i A=b C=d make all": "make all",
    "env -u A make": "make",
    "env - make": "make",
    "exec nginx -g x": "nginx -g x",
    "time -p make": "make",
    "nice -n 5 make": "make",
    "command -p make": "make",
    "nohup sudo env A=b make": "make",
    "timeout -k 5 30s make": "make",
    "gosu postgres initdb": "initdb",
    "sudo $X a": "$X a",
}


@pytest.mark.parametrize("text", NOT_UNWRAPPED)
def test_leaves_a_command_whose_wrapping_is_not_understood(text: str) -> None:
    command = only(text)
    expected = "$X a -p" if text.startswith("time") else text
    assert command.unwrapped().span.of(text) == expected


@pytest.mark.parametrize(("text", "inner"), UNWRAPPED.items(), ids=UNWRAPPED)
def test_sees_through_wrappers(text: str, inner: str) -> None:
    assert only(text).unwrapped().span.of(text) == inner


def test_the_assignments_of_env_belong_to_the_command_inside() -> None:
    inner = only("A=b env C=d e").unwrapped()
    assert [word.text for word in inner.assignments] == ["A=b", "C=d"]
