"""The reasons on the standard error."""

import pytest
from tests.report import samples

from reimage.pipeline.results import FileReport, HunkReport, Status
from reimage.report.patch import patch_lines
from reimage.report.pieces import coloured, plain
from reimage.report.terminal import (
    Voice,
    file_lines,
    summary_line,
    trouble_lines,
    written_lines,
)


def voice(*, verbose: bool = False, width: int = 80) -> Voice:
    return Voice(
        width=width,
        verbose=verbose,
        admitted=frozenset(("same-image", "same-files", "same-behaviour")),
        command=lambda path, option: f"reimage optimize {option} {path}",
    )


def told(report: FileReport, *, verbose: bool = False) -> str:
    return plain(file_lines(report, voice(verbose=verbose)))


def test_a_file_without_anything_is_not_mentioned() -> None:
    assert told(FileReport("Dockerfile")) == ""


def test_refusals_and_skipped_places_are_silent_unless_verbose() -> None:
    assert told(samples.untouched()) == ""


def test_refusals_and_skipped_places_are_told_when_verbose() -> None:
    assert told(samples.untouched(), verbose=True) == (
        "Dockerfile\n"
        "  left alone\n"
        "    line 3  merge-run-layers  The mounts of the two RUNs differ.\n"
        "    line 4  copy-manifests-first  not judged: needs the build context\n"
    )


def test_a_hunk_carries_its_reasons() -> None:
    assert told(samples.suggested()) == (
        "Dockerfile: 1 rewrite in 1 hunk\n"
        "  hunk 1\n"
        "    line 2  copy-instead-of-add  same-image  COPY does what is needed here and\n"
        "      nothing else.\n"
    )


def test_a_rewrite_in_two_hunks_is_explained_once() -> None:
    report = samples.suggested()
    second = HunkReport(2, 9, "@@", ("copy-instead-of-add@15",))
    text = told(report._replace(hunks=(*report.hunks, second)))
    assert text.count("COPY does") == 1
    assert text.endswith("copy-instead-of-add  same-image  (see hunk 1)\n")


def test_a_rewrite_that_no_hunk_names_is_told_nevertheless() -> None:
    text = told(samples.suggested()._replace(hunks=()))
    assert text.startswith("Dockerfile: 1 rewrite\n    line 2  copy-instead-of-add")


def test_what_a_claim_holds_back_comes_with_the_command_that_includes_it() -> None:
    assert told(samples.held_back()) == (
        "Dockerfile\n"
        "  held back; to include:\n"
        "    reimage optimize --allow changes-behaviour Dockerfile\n"
        "    line 2  copy-instead-of-add  changes-behaviour  COPY does what is needed\n"
        "      here and nothing else.\n"
    )


def test_what_is_held_back_for_another_reason_tells_it() -> None:
    text = told(samples.held_back(claim="same-image", reason="not among the hunks"))
    assert "held back\n" in text
    assert "(not among the hunks)" in " ".join(text.split())


def test_the_option_that_the_pipeline_names_is_preferred() -> None:
    text = told(samples.held_back(included_by="--context DIR"))
    assert "reimage optimize --context DIR Dockerfile\n" in text


def test_dropped_rewrites_are_told_with_their_reason() -> None:
    text = told(samples.everything())
    assert "  dropped\n" in text
    assert "(the result did not parse)" in " ".join(text.split())


def test_a_written_file_is_one_line() -> None:
    assert plain(written_lines(samples.written(), voice())) == (
        "Dockerfile rewritten: copy-instead-of-add\n"
    )


def test_a_written_companion_is_named() -> None:
    report = samples.written()._replace(touched=("Dockerfile", ".dockerignore"))
    assert plain(written_lines(report, voice())) == (
        "Dockerfile rewritten (with .dockerignore): copy-instead-of-add\n"
    )


def test_nothing_written_is_no_line() -> None:
    assert written_lines(samples.held_back(), voice()) == []


@pytest.mark.parametrize(
    ("report", "text"),
    [
        (samples.suggested(), ""),
        (samples.rejected(), "Dockerfile:1: error: unknown instruction FORM\n"),
        (samples.missing(), "error: nowhere does not exist.\n"),
        (FileReport("a", error="Too large."), "a: error: Too large.\n"),
    ],
)
def test_trouble_begins_with_its_place(report: FileReport, text: str) -> None:
    assert plain(trouble_lines(report)) == text


def test_the_summary_counts() -> None:
    reports = [samples.suggested(), samples.held_back(), samples.untouched(), samples.rejected()]
    assert plain([summary_line(reports, verbose=False)]) == (
        "4 files: 1 suggested, 1 held back, 1 file in error; "
        "2 places left alone (--verbose tells why)\n"
    )
    assert plain([summary_line([FileReport("a")], verbose=False)]) == (
        "1 file: nothing to suggest\n"
    )


def test_no_line_is_wider_than_asked_for() -> None:
    message = "a rather long sentence about what happens " * 6
    report = samples.suggested(message=message)
    lines = plain(file_lines(report, voice(width=60))).split("\n")
    assert len(lines) > 5
    assert max(map(len, lines)) <= 60


def test_escape_sequences_from_a_dockerfile_stay_text() -> None:
    report = samples.suggested(path=samples.EVIL, message=samples.EVIL)
    for text in (
        plain(file_lines(report, voice())),
        plain(written_lines(samples.written()._replace(path=samples.EVIL), voice())),
        plain(trouble_lines(FileReport(samples.EVIL, error=samples.EVIL))),
    ):
        assert "\x1b" not in text
        assert "\r" not in text
        assert r"\x1b[31mred" in text


def test_colours_are_around_the_same_text() -> None:
    lines = file_lines(samples.suggested(), voice())
    text = coloured(lines)
    assert "\x1b[1mcopy-instead-of-add\x1b[0m" in text
    assert "\x1b[32msame-image\x1b[0m" in text


def test_square_brackets_and_colons_are_not_markup_when_coloured() -> None:
    lines = file_lines(samples.suggested(message="[bold]x[/bold] :smile: [31m"), voice())
    assert "[bold]x[/bold] :smile: [31m" in coloured(lines)


def test_a_patch_for_eyes_has_its_control_characters_written_out() -> None:
    lines = patch_lines("@@ -1 +1 @@\n-a\r\n+\x1b[2Jb\n c\n")
    assert plain(lines) == "@@ -1 +1 @@\n-a\\r\n+\\x1b[2Jb\n c\n"
    assert [style for ((_, style),) in lines] == ["cyan", "red", "green", ""]
    assert patch_lines("") == []


def test_every_status_is_counted() -> None:
    report = FileReport("a", rewrites=tuple(samples.rewrite(status) for status in Status))
    assert plain([summary_line([report], verbose=True)]) == (
        "1 file: 1 suggested, 1 written, 1 proven, 1 held back, 1 dropped\n"
    )
