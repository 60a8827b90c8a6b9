"""Failures told in terms of the Dockerfile."""

from __future__ import annotations

from buildkit_client.errors import BuildFailed, Rejected, SourceLocation, StepFailed
from reimage.report.building.failure import failure_lines
from reimage.report.pieces import plain


def told(error: BuildFailed, dockerfile: str = "app/Dockerfile") -> list[str]:
    return plain(failure_lines(error, dockerfile)).split("\n")[:-1]


def at(source: str, first: int, last: int = 0) -> SourceLocation:
    return SourceLocation("Dockerfile", first, last or first, source.encode())


def test_a_failure_without_a_place_is_one_sentence() -> None:
    assert told(BuildFailed("failed to solve: something odd")) == ["error: something odd"]


def test_a_run_that_fails_is_told_with_place_code_lines_and_log() -> None:
    source = "FROM debian\n# test\nRUN make \\\n    test\nCMD x\nCMD y\nCMD z\n"
    error = StepFailed(
        'process "/bin/sh -c make test" did not complete successfully: exit code: 2',
        location=at(source, 3, 4),
        exit_code=2,
        step="[build 2/3] RUN make     test",
        log_tail=("cc: \x1b[31merror\x1b[0m\x1b[2J", "make: *** [all] Error 2"),
    )
    assert told(error) == [
        "The last that [build 2/3] printed:",
        "  | cc: error",
        "  | make: *** [all] Error 2",
        "",
        "    1 | FROM debian",
        "    2 | # test",
        "  > 3 | RUN make \\",
        "  > 4 |     test",
        "    5 | CMD x",
        "    6 | CMD y",
        "",
        "app/Dockerfile:3: error: RUN make failed with exit code 2",
    ]


def test_a_long_instruction_is_shown_in_part() -> None:
    source = "FROM a\nRUN <<X\n" + "true\n" * 1000 + "X\n"
    lines = told(StepFailed("x", location=at(source, 2, 1003), exit_code=1))
    assert len(lines) == 19
    assert "   … (987 more lines)" in lines[12]
    assert lines[-3] == "  > 1003 | X"


def test_control_characters_of_the_dockerfile_are_shown_not_sent() -> None:
    lines = told(Rejected("unknown instruction: \x1b[2J", location=at("\x1b[2J\r\n", 1)))
    assert lines == [
        "  > 1 | \\x1b[2J",
        "",
        "app/Dockerfile:1: error: unknown instruction: \\x1b[2J",
    ]


def test_a_killed_process_is_said_to_be_killed() -> None:
    error = StepFailed("x", location=at("RUN x", 1), exit_code=137)
    assert told(error)[-1].endswith("exit code 137 (killed, perhaps for want of memory)")


def test_what_go_adds_in_front_is_left_out() -> None:
    error = Rejected(
        "dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)",
        location=at("FROM a\nRUNN x", 2),
    )
    assert (
        told(error)[-1] == "app/Dockerfile:2: error: unknown instruction: RUNN (did you mean RUN?)"
    )


def test_a_file_that_the_context_lacks_is_named() -> None:
    message = (
        "failed to compute cache key: failed to calculate checksum of ref m4::x: "
        '"/src/a b": not found'
    )
    error = BuildFailed(message, location=at("COPY src/a\\ b /x", 1))
    assert told(error)[-1].endswith(
        ": the build context has no src/a b (or .dockerignore leaves it out)"
    )
    other = BuildFailed(message, location=at("COPY --from=b /src /x", 1))
    assert told(other)[-1] == 'app/Dockerfile:1: error: "/src/a b": not found'


def test_an_image_that_is_not_there_is_named() -> None:
    message = "a/b:1: failed to resolve source metadata for a/b:1: a/b:1: not found"
    assert told(Rejected(message, location=at("FROM a/b:1", 1)))[-1] == (
        "app/Dockerfile:1: error: there is no image a/b:1"
    )
    message = "a/b:1: failed to resolve source metadata for a/b:1: 401 Unauthorized"
    assert told(Rejected(message))[-1] == "error: the image a/b:1 cannot be had: 401 Unauthorized"


def test_a_stage_that_is_not_there_is_named() -> None:
    assert told(Rejected('target stage "x" could not be found (did you mean y?)')) == [
        "error: there is no stage 'x' to be the target (did you mean y?)"
    ]


def test_a_dockerfile_of_a_megabyte_is_told_as_quickly_as_a_small_one() -> None:
    source = "FROM a\n" + "# " + "x" * 1_000_000 + "\nRUN false\n"
    lines = told(StepFailed("x", location=at(source, 3), exit_code=1))
    assert max(map(len, lines)) < 180


def test_a_secret_that_was_not_given_is_asked_for() -> None:
    assert told(BuildFailed("failed to solve: secret tok: not found")) == [
        "error: the build needs the secret tok: --secret id=tok,src=FILE gives it one"
    ]
