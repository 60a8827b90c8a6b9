"""Which commands pipes join, and whether a failure in front of a pipe means something."""

from __future__ import annotations

import pytest

from reimage.shell import parse
from reimage.shell.pipelines import may_fail_unharmed, pipelines


@pytest.mark.parametrize(
    "script",
    [
        "cat a | while read -r b; do c; done",
        "(a; b) | c",
        "a=$(b | while read -r c; do d; done)",
        'a "$(b)|c"',
        "case a in b|c) d;; esac",
    ],
)
def test_a_pipe_that_joins_more_than_commands_leaves_the_list_incomplete(script: str) -> None:
    assert not pipelines(parse(script)).complete


@pytest.mark.parametrize(
    ("script", "chains"),
    [
        ("a || b", []),
        ("a '|' b \"$c|d\" # |", []),
        ("a | b && c | d | e", [["a", "b"], ["c", "d", "e"]]),
        ("a=$(b | c) | d", [["b", "c"]]),
        ("a <<E | b\n|\nE", [["a", "b"]]),
        ("if a | b; then c; fi", [["a", "b"]]),
    ],
)
def test_pipes_join_commands(script: str, chains: list[list[str]]) -> None:
    found = pipelines(parse(script))
    names = [[command.name for command in chain] for chain in found.chains]
    assert [chain for chain in names if None not in chain] == chains
    assert found.complete


@pytest.mark.parametrize(
    "script",
    [
        "yes | tar x",
        "curl a | head -1",
        "curl a | grep -q b",
        "grep a b | sort",
        "curl a | sed 3q",
        "curl a | awk '{ exit }'",
        "curl a | dd count=1",
        "curl a | $TOOL",
        "curl a | tar x || true",
        "if curl a | tar x; then b; fi",
        "! curl a | tar x",
    ],
)
def test_a_failure_may_be_nothing_wrong(script: str) -> None:
    parsed = parse(script)
    (chain,) = pipelines(parsed).chains
    assert may_fail_unharmed(parsed, chain)


@pytest.mark.parametrize(
    "script",
    ["curl a | tar x", "curl a | sudo sh -s -- b", "wget -O- a | gpg --dearmor | tee b && c"],
)
def test_a_failure_of_a_download_is_one(script: str) -> None:
    parsed = parse(script)
    (chain,) = pipelines(parsed).chains
    assert may_fail_unharmed(parsed, chain) is None
