"""`reimage check`: 1 when `--write` would change something."""

import json

from tests.cli.conftest import FakePipeline, Shell
from tests.report import samples

from reimage.pipeline.options import Options
from reimage.pipeline.results import FileReport
from reimage.rewriting.transformation import Claim


def test_nothing_to_change_is_silent_and_fine(reimage_: Shell, pipeline: FakePipeline) -> None:
    pipeline.reports["Dockerfile"] = FileReport("Dockerfile")
    result = reimage_("check")
    assert (result.exit_code, result.output) == (0, "")


def test_what_is_held_back_is_no_finding(reimage_: Shell, pipeline: FakePipeline) -> None:
    pipeline.reports["Dockerfile"] = samples.held_back()
    result = reimage_("check", "Dockerfile")
    assert (result.exit_code, result.stdout) == (0, "")


def test_a_finding_is_a_line_and_ends_with_1(reimage_: Shell) -> None:
    result = reimage_("check", "Dockerfile")
    assert result.exit_code == 1
    assert result.stdout == (
        "Dockerfile:2: copy-instead-of-add: "
        "COPY does what is needed here and nothing else. [same-image]\n"
    )
    assert result.stderr == "1 finding; `reimage optimize` shows the patch\n"


def test_a_bad_file_weighs_more_than_a_finding(reimage_: Shell, pipeline: FakePipeline) -> None:
    pipeline.reports["bad"] = samples.rejected("bad")
    result = reimage_("check", "bad", "Dockerfile", "-q")
    assert result.exit_code == 2
    assert result.stdout.startswith("Dockerfile:2: ")
    assert result.stderr == "bad:1: error: unknown instruction FORM\n"


def test_it_looks_for_what_write_would_write_and_writes_nothing(
    reimage_: Shell, pipeline: FakePipeline
) -> None:
    reimage_("check")
    assert pipeline.options == Options(usual=Claim.SAME_FILES)
    reimage_("check", "--allow", "same-image")
    assert pipeline.options == Options(allow=Claim.SAME_IMAGE, usual=Claim.SAME_FILES)


def test_documents_end_with_1_too(reimage_: Shell) -> None:
    for form in ("json", "sarif"):
        result = reimage_("check", "--format", form)
        assert result.exit_code == 1
        assert json.loads(result.stdout)
    assert reimage_("check", "--format", "github").exit_code == 1


def test_markdown_is_not_for_checks(reimage_: Shell) -> None:
    result = reimage_("check", "--format", "markdown")
    assert result.exit_code == 2
    assert "text, json, github or sarif" in result.stderr


def test_findings_have_no_escape_sequences(reimage_: Shell, pipeline: FakePipeline) -> None:
    pipeline.reports["Dockerfile"] = samples.suggested(message=samples.EVIL)
    result = reimage_("check")
    assert "\x1b" not in result.output
    assert result.stdout.count("\n") == 1
