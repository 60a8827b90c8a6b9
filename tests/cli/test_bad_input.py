"""Bad input ends in one clear sentence and the right code, and the original is intact."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import Shell

GOOD = b"FROM debian:12\nMAINTAINER Ada\n"
BETTER = b'FROM debian:12\nLABEL maintainer="Ada"\n'
NOBODY = 65_534


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_bytes(GOOD)
    run = Shell()
    run("optimize")  # whatever is imported late is imported now, before rights are given up
    return run


@pytest.fixture
def give_up_rights(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Root may read and write everything, so a test that runs as root becomes somebody else."""

    def give_up() -> None:
        for folder in list(tmp_path.parents)[:3]:
            folder.chmod(0o755)
        if os.getuid() == 0:
            os.seteuid(NOBODY)

    yield give_up
    os.seteuid(os.getuid())
    tmp_path.chmod(0o755)


def sentence(shell: Shell, *arguments: str) -> str:
    """What is said about a run that must end with 2; the summary is left out."""
    result = shell("optimize", "-q", *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    return result.stderr


def test_a_missing_file(shell: Shell) -> None:
    assert sentence(shell, "nowhere") == "error: nowhere does not exist.\n"


def test_a_folder_without_a_dockerfile(shell: Shell) -> None:
    Path("empty").mkdir()
    assert sentence(shell, "empty") == "error: empty holds no Dockerfile.\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "bad:1: error: file with no instructions\n"),
        (b"\x7fELF\x00\x01", "error: bad is not a text file: it holds NUL bytes.\n"),
        (b"FROM a\nRUN <<EOF\nx\n", "bad:2: error: unterminated heredoc: no line 'EOF' follows\n"),
        (b"FROM a\nRUNN x\n", "bad:2: error: unknown instruction: RUNN (did you mean RUN?)\n"),
        (b"# nothing\n", "bad:1: error: file with no instructions\n"),
        (
            b"FROM a\nRUN " + b"x" * 10_000_000 + b"\n",
            "bad:2: error: line is longer than the 65,535 bytes that BuildKit reads\n",
        ),
    ],
    ids=["empty", "binary", "open heredoc", "misspelt", "comments only", "10 MB line"],
)
def test_what_is_no_dockerfile(shell: Shell, data: bytes, said: str) -> None:
    Path("bad").write_bytes(data)
    assert sentence(shell, "bad", "--write") == said
    assert Path("bad").read_bytes() == data


def test_an_unreadable_file(
    shell: Shell, tmp_path: Path, give_up_rights: Callable[[], None]
) -> None:
    Path("secret").write_bytes(GOOD)
    Path("secret").chmod(0)
    tmp_path.chmod(0o755)
    give_up_rights()
    assert sentence(shell, "secret") == "error: secret may not be accessed: permission denied.\n"


def test_a_folder_that_may_not_be_written_to(
    shell: Shell, tmp_path: Path, give_up_rights: Callable[[], None]
) -> None:
    tmp_path.chmod(0o555)
    give_up_rights()
    said = sentence(shell, "--write", "Dockerfile")
    assert "Dockerfile" in said
    assert "permission denied" in said
    assert Path("Dockerfile").read_bytes() == GOOD


def test_a_link_stays_and_its_target_is_written(shell: Shell) -> None:
    Path("link").symlink_to("Dockerfile")
    assert shell("optimize", "--write", "link").exit_code == 0
    assert Path("link").is_symlink()
    assert Path("Dockerfile").read_bytes() == BETTER


def test_one_bad_file_does_not_stop_the_others(shell: Shell) -> None:
    Path("bad").write_bytes(b"FORM a\n")
    result = shell("optimize", "--write", "bad", "Dockerfile")
    assert result.exit_code == 2
    assert Path("Dockerfile").read_bytes() == BETTER


SLOW_REPLACE = """
import os, sys, time
from pathlib import Path

replace = os.replace

def slow(*arguments, **options):
    Path("replacing").touch()
    time.sleep(30)
    replace(*arguments, **options)

os.replace = slow
from reimage.cli import main
main()
"""


def test_an_interrupt_in_the_middle_of_a_write_leaves_the_original(shell: Shell) -> None:
    del shell
    command = [sys.executable, "-c", SLOW_REPLACE, "optimize", "--write", "Dockerfile"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        while not Path("replacing").exists() and run.poll() is None:
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=20)
    assert run.returncode == 130
    assert b"Traceback" not in said
    assert Path("Dockerfile").read_bytes() == GOOD
    assert {path.name for path in Path().iterdir()} == {"Dockerfile", "replacing"}


@pytest.mark.slow
def test_a_hundred_thousand_instructions(shell: Shell) -> None:
    Path("many").write_bytes(b"FROM debian:12\n" + b"RUN echo hello world\n" * 100_000)
    result = shell("optimize", "many")
    assert (result.exit_code, result.stdout) == (0, "")
