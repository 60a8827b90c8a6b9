"""How runs end, in this process and as a process of their own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import FakePipeline, Shell

PYTHON = (sys.executable, "-W", "error", "-c")
RUN = "import sys; sys.argv[0] = 'reimage'; from reimage.cli import main; main()"


def test_an_unknown_command_is_one_sentence(reimage_: Shell) -> None:
    result = reimage_("optimise")
    assert result.exit_code == 2
    assert result.stderr == ("reimage: No such command 'optimise'. Did you mean 'optimize'?\n")


def test_no_command_is_bad_usage(reimage_: Shell) -> None:
    result = reimage_()
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "reimage: Missing command.\n"


def test_the_version_is_told(reimage_: Shell) -> None:
    result = reimage_("--version")
    assert result.exit_code == 0
    assert re.fullmatch(r"reimage \d+\.\d+\.\d+\S*\n", result.stdout)


@pytest.mark.parametrize("command", ["optimize", "check", "rules", "explain", "build", "builders"])
def test_help_fits_80_columns(reimage_: Shell, command: str) -> None:
    result = reimage_(command, "--help")
    assert result.exit_code == 0
    assert max(map(len, result.stdout.split("\n"))) <= 80


def test_ctrl_c_ends_with_130(reimage_: Shell, pipeline: FakePipeline) -> None:
    pipeline.error = KeyboardInterrupt()
    result = reimage_("optimize")
    assert result.exit_code == 130
    assert result.stderr == "reimage: interrupted\n"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    logs = tmp_path / "logs"
    logs.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(logs))
    return logs


def test_a_bug_of_ours_is_owned_up_to_and_logged(
    reimage_: Shell, pipeline: FakePipeline, temporary: Path
) -> None:
    pipeline.error = ZeroDivisionError("by \x1b zero")
    result = reimage_("optimize", "Dockerfile")
    assert (result.exit_code, result.stdout) == (3, "")
    (log,) = temporary.iterdir()
    assert result.stderr == (
        f"reimage: this is a bug in reimage: ZeroDivisionError: by \\x1b zero. "
        f"The details are in {log}; please report it with that file.\n"
    )
    text = log.read_text("utf-8")
    assert "Traceback (most recent call last)" in text
    assert re.search(r"^reimage \d", text, re.MULTILINE)
    assert "arguments: ['optimize', 'Dockerfile']" in text


def test_debug_shows_the_traceback(
    reimage_: Shell, pipeline: FakePipeline, temporary: Path
) -> None:
    del temporary
    pipeline.error = ZeroDivisionError("x")
    result = reimage_("optimize", "--debug")
    assert result.exit_code == 3
    assert "Traceback (most recent call last)" in result.stderr


def test_a_bug_is_told_even_where_no_log_can_be_written(
    reimage_: Shell, pipeline: FakePipeline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    pipeline.error = ZeroDivisionError("x")
    result = reimage_("optimize")
    assert result.exit_code == 3
    assert result.stderr == "reimage: this is a bug in reimage: ZeroDivisionError: x.\n"


def test_a_reader_that_went_away_is_no_error() -> None:
    program = (
        "import sys\n"
        "from reimage.cli.streams import Streams\n"
        "sys.stdin.read()\n"
        "streams = Streams()\n"
        "for _ in range(3):\n"
        "    streams.document('x' * 100_000)\n"
        "streams.say([])\n"
        "sys.exit(1)\n"
    )
    with subprocess.Popen(
        [*PYTHON, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdout.close()
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full device is of Linux")
def test_a_full_disk_is_a_sentence() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PYTHON, RUN, "optimize", "--help"], stdout=full, stderr=subprocess.PIPE, check=False
        )
        program = "from reimage.cli.streams import Streams; Streams().document('x')"
        other = subprocess.run([*PYTHON, program], stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (2, b"reimage: The disk is full.\n")
    assert b"BadUsage: The output can't be written: No space left on device." in other.stderr
    assert b"Exception ignored" not in other.stderr


def test_heavy_libraries_stay_unimported() -> None:
    program = (
        "import sys, reimage.cli\n"
        "early = set(sys.modules)\n"
        "sys.argv = ['reimage', 'optimize', '--format', 'xml', '--select', 'a', 'b']\n"
        "try:\n"
        "    reimage.cli.main()\n"
        "except SystemExit as end:\n"
        "    print(end.code)\n"
        "print(sorted({'typer', 'reimage.report'} & early))\n"
        "heavy = {'pydantic', 'rich', 'click', 'tree_sitter', 'libcst', 'grpc'}\n"
        "print(sorted((heavy | {'buildkit_client'}) & set(sys.modules)))\n"
    )
    done = subprocess.run([*PYTHON, program], capture_output=True, text=True, check=True)
    assert done.stdout == "2\n[]\n[]\n", done.stderr


def test_a_file_of_one_stage_loads_nothing_that_only_others_need() -> None:
    program = (
        "import sys, reimage.cli\n"
        "sys.argv = ['reimage', 'optimize', '--no-context', '-']\n"
        "try:\n"
        "    reimage.cli.main()\n"
        "finally:\n"
        "    print(*sys.modules)\n"
    )
    source = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n"
    done = subprocess.run(
        [*PYTHON, program], input=source, capture_output=True, text=True, check=True
    )
    assert "+RUN apt-get update && apt-get install" in done.stdout
    loaded = set(done.stdout.splitlines()[-1].split())
    of_others = {
        "reimage.cli.building.flags",
        "reimage.model.applications.distroless",
        "reimage.model.applications.slim_finals",
        "reimage.model.applications.whole_copies",
        "reimage.model.images.pins",
        "tree_sitter",
    }
    assert "reimage.transforms.pin_base_digest" in loaded
    assert loaded & of_others == set()


def test_the_entry_point_is_a_process_with_an_exit_code() -> None:
    environment = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(
        [*PYTHON, RUN, "optimize", "--format", "xml"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("reimage: --format takes ")
