"""How builds end: what is printed where, and the exit code."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from tests.cli.building.conftest import DIGEST, Build, FakeBuilder
from tests.report.building.events import log, step

from buildkit_client.errors import (
    BadRequest,
    BuilderGone,
    Cancelled,
    NoBuilder,
    SourceLocation,
    StepFailed,
)


def test_no_builder_is_one_sentence(build: Build, builder: FakeBuilder) -> None:
    builder.no_builder = NoBuilder("no builder was found: start Docker")
    result = build()
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "reimage: No builder was found: start Docker.\n"


@pytest.mark.parametrize(
    "error", [BuilderGone("the builder is not there: x"), BadRequest("x"), Cancelled("x")]
)
def test_what_stops_a_build_is_one_sentence(
    build: Build, builder: FakeBuilder, error: Exception
) -> None:
    builder.error = error
    result = build("--progress=quiet")
    assert result.exit_code == 2
    assert result.stderr == f"reimage: {str(error)[0].upper()}{str(error)[1:]}.\n"


def test_a_failing_run_is_told_in_terms_of_the_dockerfile(
    build: Build, builder: FakeBuilder
) -> None:
    location = SourceLocation("Dockerfile", 2, 2, b"FROM a\nRUN make\n")
    builder.error = StepFailed("x", location=location, exit_code=2, log_tail=("last",), step="[1]")
    result = build("-q")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.split("\n")[1] == "  | last"
    assert result.stderr.endswith("Dockerfile:2: error: RUN make failed with exit code 2\n")


def test_a_dockerfile_of_standard_input_has_no_other_name(
    build: Build, builder: FakeBuilder
) -> None:
    location = SourceLocation("Dockerfile", 1, 1, b"RUN x")
    builder.error = StepFailed("x", location=location, exit_code=1)
    assert "<stdin>:1: error" in build("-", stdin=b"FROM scratch").stderr


def test_quiet_prints_the_digest_and_nothing_else(build: Build, builder: FakeBuilder) -> None:
    builder.played = [step("[1/1] RUN x", 0, 1)]
    result = build("--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{DIGEST}\n", "")


def test_plain_progress_goes_to_standard_error(build: Build, builder: FakeBuilder) -> None:
    builder.played = [step("[1/1] RUN x"), log("[1/1] RUN x", b"hi\n"), step("[1/1] RUN x", 0, 1)]
    result = build("-t", "app")
    assert result.stdout == ""
    lines = result.stderr.split("\n")
    assert lines[:4] == [
        "building with unix:///fake.sock: a test wants it",
        "#1 [1/1] RUN x",
        "#1 0.000 hi",
        "#1 DONE 1.0s",
    ]
    assert lines[4].startswith("built: 1 step, 0 cached, ")
    assert lines[5:] == [f"  {DIGEST}", "  app:latest", ""]


def test_tty_without_a_terminal_is_plain(build: Build, builder: FakeBuilder) -> None:
    builder.played = [step("[1/1] RUN x", 0, 1)]
    result = build("--progress=tty")
    assert "#1 DONE 1.0s" in result.stderr
    assert "\x1b" not in result.stderr


def test_raw_progress_is_json_alone(build: Build, builder: FakeBuilder) -> None:
    builder.played = [step("[1/1] RUN x", 0, 1)]
    result = build(BUILDKIT_PROGRESS="rawjson")
    (only,) = result.stderr.split("\n")[:-1]
    assert json.loads(only)["vertexes"][0]["name"] == "[1/1] RUN x"


def test_outcome_is_written_to_files(build: Build, tmp_path: Path) -> None:
    assert build("--iidfile", "id", "--metadata-file", "md.json").exit_code == 0
    assert (tmp_path / "id").read_text() == DIGEST
    metadata = json.loads((tmp_path / "md.json").read_text())
    assert metadata == {"containerimage.digest": DIGEST, "buildx.build.ref": "ref1"}


def test_a_build_that_fails_writes_no_files(
    build: Build, builder: FakeBuilder, tmp_path: Path
) -> None:
    builder.error = BadRequest("x")
    build("--iidfile", "id")
    assert not (tmp_path / "id").exists()


def test_ctrl_c_leaves_build_and_builder_and_ends_with_130(
    build: Build, builder: FakeBuilder
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    builder.played, builder.during = [step("[1/1] RUN x")], interrupt
    result = build()
    assert result.exit_code == 130
    assert result.stderr.endswith("reimage: interrupted\n")
    assert builder.left == ["KeyboardInterrupt", "KeyboardInterrupt"]


def test_a_terminated_build_is_left_as_well(build: Build, builder: FakeBuilder) -> None:
    before = signal.getsignal(signal.SIGTERM)
    builder.during = lambda: os.kill(os.getpid(), signal.SIGTERM)
    result = build()
    assert result.exit_code == 143
    assert builder.left == ["SystemExit", "SystemExit"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_build_arguments_are_not_in_the_crash_log(
    build: Build, builder: FakeBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(logs))
    builder.error = ZeroDivisionError("x")
    assert build("--build-arg", "A=secret1", "--build-arg=B=secret2", "--label=c=d").exit_code == 3
    (found,) = logs.iterdir()
    text = found.read_text()
    assert "'A=…'" in text and "'--build-arg=B=…'" in text and "'--label=c=d'" in text
    assert "secret1" not in text and "secret2" not in text
