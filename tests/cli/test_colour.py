"""Colour goes to people, never into a patch that a program reads."""

import os
import subprocess
import sys
from typing import Any

import pytest
from tests.cli.conftest import FakePipeline, Shell
from tests.report import samples

from reimage.cli.streams import columns


class Terminal:
    """Stands in for a stream that a person looks at."""

    encoding = "utf-8"

    @staticmethod
    def isatty() -> bool:
        return True

    @staticmethod
    def fileno() -> int:
        raise OSError("no file behind it")


@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}])
def test_a_pipe_is_plain(reimage_: Shell, env: dict[str, Any]) -> None:
    assert "\x1b" not in reimage_("optimize", **env).output


def test_never_is_stronger_than_the_environment(reimage_: Shell) -> None:
    assert "\x1b" not in reimage_("optimize", "--color", "never", FORCE_COLOR="1").output


@pytest.mark.parametrize("value", ["", "0"])
def test_an_empty_force_is_none(reimage_: Shell, value: str) -> None:
    assert "\x1b" not in reimage_("optimize", FORCE_COLOR=value).output


def test_forced_colour_stays_out_of_the_patch(reimage_: Shell) -> None:
    result = reimage_("optimize", FORCE_COLOR="1")
    assert result.stdout == samples.PATCH
    assert "\x1b[1mDockerfile" in result.stderr


def test_always_colours_everything_whatever_the_environment(reimage_: Shell) -> None:
    result = reimage_("optimize", "--color", "always", NO_COLOR="1")
    assert "\x1b[32m+COPY app /app\x1b[0m\n" in result.stdout
    assert "\x1b[1mDockerfile" in result.stderr


def test_json_has_no_colour_ever(reimage_: Shell) -> None:
    assert "\x1b" not in reimage_("optimize", "--format", "json", "--color", "always").stdout


def test_reports_are_80_columns_wide_in_a_pipe(reimage_: Shell, pipeline: FakePipeline) -> None:
    pipeline.reports["Dockerfile"] = samples.suggested(message="words and words " * 30)
    lines = reimage_("optimize").stderr.split("\n")
    assert 70 < max(map(len, lines)) <= 80


def test_a_terminal_of_unknown_width_has_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert columns(Terminal()) == 80  # type: ignore[arg-type]


@pytest.mark.parametrize(("told", "width"), [("60", 60), ("1000", 100), ("0", 80), ("x", 80)])
def test_the_environment_tells_the_width(
    monkeypatch: pytest.MonkeyPatch, told: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", told)
    assert columns(Terminal()) == width  # type: ignore[arg-type]


PATCH_ON_A_TERMINAL = r"""
import os, pty, sys
from reimage.cli.streams import Streams
master, slave = pty.openpty()
os.dup2(slave, 1)
Streams(sys.argv[1]).patch("+\x1b[2J a\n")
sys.stderr.write(repr(os.read(master, 1000)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are of Unix")
@pytest.mark.parametrize(
    ("colour", "env", "shown"),
    [
        ("auto", {"NO_COLOR": "1"}, rb"+\x1b[2J a" + b"\r\n"),
        ("never", {}, rb"+\x1b[2J a" + b"\r\n"),
        ("auto", {"TERM": "dumb"}, rb"+\x1b[2J a" + b"\r\n"),
        ("auto", {}, b"\x1b[32m" + rb"+\x1b[2J a" + b"\x1b[0m\r\n"),
    ],
)
def test_a_terminal_is_never_given_what_the_dockerfile_says(
    colour: str, env: dict[str, str], shown: bytes
) -> None:
    kept = {key: value for key, value in os.environ.items() if not key.endswith("_COLOR")}
    done = subprocess.run(
        [sys.executable, "-c", PATCH_ON_A_TERMINAL, colour],
        capture_output=True,
        text=True,
        check=True,
        env=kept | {"TERM": "xterm"} | env,
    )
    assert done.stderr == repr(shown)
