"""The command line with the real pipeline behind it, on files that no transformation touches."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.cli.conftest import Shell

from reimage.report.json_schema import schema


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_bytes(b"FROM scratch\n")
    Path("bad").write_bytes(b"FROM scratch\nFORM x\n")
    return Shell()


def document(shell: Shell, *args: str) -> Any:
    found = json.loads(shell(*args, "--format", "json").stdout)
    jsonschema.validate(found, schema())
    return found["files"]


@pytest.mark.parametrize("command", ["optimize", "check"])
def test_a_file_that_is_fine_stays(shell: Shell, command: str) -> None:
    result = shell(command)
    assert (result.exit_code, result.stdout) == (0, "")
    assert document(shell, command)[0]["patch"] == ""


def test_write_leaves_a_file_that_is_fine(shell: Shell) -> None:
    result = shell("optimize", "--write", "Dockerfile")
    assert (result.exit_code, result.stdout) == (0, "")
    assert Path("Dockerfile").read_bytes() == b"FROM scratch\n"


@pytest.mark.parametrize("command", ["optimize", "check"])
def test_what_buildkit_rejects_is_told_with_its_line(shell: Shell, command: str) -> None:
    result = shell(command, "bad", "Dockerfile")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("bad:2: error: ")
    assert document(shell, command, "bad", "Dockerfile")[0]["problems"][0]["line"] == 2


def test_a_missing_file_is_one_sentence(shell: Shell) -> None:
    result = shell("optimize", "-q", "nowhere")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: nowhere does not exist.\n"


def test_standard_input_is_judged_too(shell: Shell) -> None:
    assert shell("optimize", "-", stdin=b"FROM scratch\n").exit_code == 0
    assert shell("optimize", "-", stdin=b"FORM scratch\n").exit_code == 2


@pytest.mark.parametrize("option", ["--select", "--ignore", "--prefer"])
def test_an_unknown_transformation_is_one_sentence(shell: Shell, option: str) -> None:
    result = shell("optimize", option, "make-coffee")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("reimage: There is no transformation named make-coffee")
    assert result.stderr.count("\n") == 1


def test_a_hunk_that_is_not_there_is_one_sentence(shell: Shell) -> None:
    result = shell("optimize", "--hunks", "7")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


def test_every_transformation_can_be_explained_in_80_columns(shell: Shell) -> None:
    for row in json.loads(shell("rules", "--format", "json").stdout)["transformations"]:
        result = shell("explain", row["name"])
        assert result.exit_code == 0
        assert row["summary"] in " ".join(result.stdout.split())
        # An address can't be broken.
        lines = [line for line in result.stdout.split("\n") if "://" not in line]
        assert max(map(len, lines)) <= 80
