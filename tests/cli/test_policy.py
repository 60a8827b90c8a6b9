"""What `check` says of images that the configuration does not allow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

POLICY = """
[policy]
registries = ["docker.io"]
publishers = ["docker.io/library"]
forbidden-tags = ["latest", "*-rc*"]
require-digest = true
[pin]
named-contexts = ["base"]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("reimage.toml").write_text(POLICY)


def check(text: str, *words: str) -> Result:
    from reimage.cli.app import app

    Path("Dockerfile").write_text(text)
    return CliRunner().invoke(app, ["check", "--no-context", *words])


DIGEST = f"@sha256:{'0' * 64}"


@pytest.mark.parametrize(
    "text",
    [f"FROM python:3.12{DIGEST}\n", "FROM scratch\n", "FROM base\n", f"FROM python{DIGEST}\n"],
)
def test_what_is_allowed(text: str) -> None:
    assert (check(text).exit_code, check(text).stdout) == (0, "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"FROM ghcr.io/a/b:1{DIGEST}\n", "is of ghcr.io, which is none of the allowed registries"),
        (f"FROM a/b:1{DIGEST}\n", "is of none of the allowed publishers"),
        ("FROM python\n", "python has the tag latest, which the policy forbids"),
        (f"FROM python:3.14-rc1{DIGEST}\n", "has the tag 3.14-rc1, which the policy forbids"),
        ("FROM python:3.12\n", "python:3.12 has no digest, which the policy requires"),
        ("ARG V\nFROM python:$V\n", "which image this is can't be held to the policy"),
        (
            f"FROM python:3.12{DIGEST}\nCOPY --from=a/b:1{DIGEST} /a /\n",
            "Dockerfile:2: policy: a/b",
        ),
    ],
)
def test_what_is_not(text: str, words: str) -> None:
    done = check(text)
    assert done.exit_code == 1
    assert ": policy: " in done.stdout
    assert words in done.stdout


def test_other_formats_tell_it_too() -> None:
    text = "FROM python:3.12\n"
    told = json.loads(check(text, "--format=json").stdout)
    assert told["files"][0]["violations"][0]["line"] == 1
    assert "::error file=Dockerfile,line=1,title=policy::" in check(text, "--format=github").stdout
    sarif = json.loads(check(text, "--format=sarif").stdout)
    assert sarif["runs"][0]["results"][0]["ruleId"] == "policy"


def test_without_a_policy_nothing_is_said() -> None:
    Path("reimage.toml").write_text("")
    assert check("FROM python\n").exit_code == 0
