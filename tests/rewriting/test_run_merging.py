"""RUNs in one shell print and answer what they print and answer in their own shells."""

from __future__ import annotations

import subprocess

import pytest

from reimage.dockerfile import parse
from reimage.model import Facts
from reimage.rewriting.edits.run_merging import merged
from reimage.text import apply_edits


def merge(scripts: list[str], flags: str = "-c") -> str | None:
    """The merged script; None when the RUNs have to stay apart."""
    source = f'FROM debian\nSHELL ["/bin/sh", "{flags}"]\n'
    source += "".join(f"RUN {script}\n" for script in scripts)
    tree = parse(source).tree
    edits = merged(tree, Facts(tree).stages[0].runs)
    if isinstance(edits, str):
        return None
    run = Facts(parse(apply_edits(source, edits)).tree).stages[0].runs[0].run
    assert run.script is not None
    return run.script.text


def answer(script: str, flags: str) -> tuple[str, bool]:
    done = subprocess.run(["/bin/sh", flags, script], capture_output=True, text=True, check=False)
    return done.stdout, done.returncode == 0


@pytest.mark.parametrize(
    "scripts",
    [
        ["echo a", "echo b; echo c"],
        ["echo a", "echo b || true"],
        ["echo a;", "echo b"],
        ["set -e; echo a && false", "echo b; echo c"],
        ["set -e; echo a", "false; echo b"],
        ["set -e; (echo a; false; echo b)", "echo c"],
        ["set -e; ! true", "set -e; echo a; echo b"],
        ["set -u; echo a", "echo $b"],
        ["set -e; false && true", "set -e; echo a", "set -e; echo b; echo c"],
        ["a=1", "echo $a"],
        ["for a in 1; do true; done", "echo $a"],
        ["cd /tmp", "pwd"],
        ["export a=1", "env"],
        ["umask 0", "umask"],
        ["exit 0", "echo a"],
        ["echo a # b", "echo c"],
        ["sleep 0 &", "echo a"],
        ["f() { echo a; }", "f"],
        [": ${a:=1}", "echo $a"],
    ],
)
def test_stay_apart_where_one_shell_is_not_as_good(scripts: list[str]) -> None:
    assert merge(scripts) is None


@pytest.mark.parametrize(
    ("scripts", "flags"),
    [
        (["echo a", "echo b && echo c"], "-c"),
        (["echo a; false", "echo b"], "-c"),
        (["false || echo a", "echo b"], "-c"),
        (["(cd /tmp && pwd)", "pwd"], "-c"),
        (["cd /tmp && pwd", "cd / && pwd"], "-c"),
        (["set -e; echo a", "set -e; false; echo b"], "-c"),
        (["set -e; false", "set -e; echo a; echo b"], "-c"),
        (["set -ex; echo a", "set -ex; echo b; echo c"], "-c"),
        (["echo a; false", "echo b; echo c"], "-ec"),
        (["echo a && false", "echo b && echo c"], "-ec"),
        (["set -e && false && true", "set -e; true", "set -e && { echo a; }"], "-c"),
        (["for a in 1; do echo $a; done", "echo b"], "-c"),
        (["false || exit 3", "echo a"], "-c"),
    ],
)
def test_answer_the_same_in_one_shell(scripts: list[str], flags: str) -> None:
    script = merge(scripts, flags)
    assert script is not None
    printed, well = "", True
    for each in scripts:
        if well:
            output, well = answer(each, flags)
            printed += output
    assert answer(script, flags) == (printed, well)
