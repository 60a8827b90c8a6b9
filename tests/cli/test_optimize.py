"""`reimage optimize`: what goes where, and how it ends."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import FakePipeline, Shell
from tests.report import samples

from reimage.pipeline import UsageError
from reimage.pipeline.options import Options
from reimage.pipeline.results import FileReport
from reimage.rewriting.transformation import Claim


def test_nothing_to_suggest_is_an_empty_patch_and_fine(
    reimage_: Shell, pipeline: FakePipeline
) -> None:
    pipeline.reports["Dockerfile"] = FileReport("Dockerfile")
    result = reimage_("optimize")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "1 file: nothing to suggest\n"


def test_the_patch_is_all_there_is_on_standard_output(reimage_: Shell) -> None:
    result = reimage_("optimize")
    assert result.exit_code == 0
    assert result.stdout_bytes == samples.PATCH.encode()
    assert result.stderr.startswith("Dockerfile: 1 rewrite in 1 hunk\n")
    assert result.stderr.endswith("1 file: 1 suggested\n")


def test_a_patch_keeps_bytes_that_are_no_text(reimage_: Shell, pipeline: FakePipeline) -> None:
    raw = b"@@ -1 +1 @@\n-\xff\x1b\r\n+\x00\n"
    patch = raw.decode("utf-8", "surrogateescape")
    pipeline.reports["Dockerfile"] = FileReport("Dockerfile", patch=patch)
    assert reimage_("optimize", FORCE_COLOR="1").stdout_bytes == raw


def test_patches_of_several_files_are_one_patch(reimage_: Shell) -> None:
    Path("b").write_bytes(b"")
    result = reimage_("optimize", "Dockerfile", "b")
    assert result.stdout == samples.PATCH * 2


def test_without_a_dockerfile_the_sentence_says_what_to_do(reimage_: Shell) -> None:
    Path("Dockerfile").unlink()
    result = reimage_("optimize")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "reimage: There is no Dockerfile or Containerfile here: name the files to look at.\n"
    )


def test_a_containerfile_is_found_too(reimage_: Shell, pipeline: FakePipeline) -> None:
    Path("Dockerfile").rename("Containerfile")
    assert reimage_("optimize").exit_code == 0
    assert pipeline.paths == ["Containerfile"]


@pytest.mark.parametrize("bad", [samples.rejected("bad"), samples.missing("bad")])
def test_a_bad_file_stops_no_other_and_ends_with_2(
    reimage_: Shell, pipeline: FakePipeline, bad: FileReport
) -> None:
    pipeline.reports["bad"] = bad
    result = reimage_("optimize", "bad", "Dockerfile", "--quiet")
    assert result.exit_code == 2
    assert result.stdout == samples.PATCH
    assert "error: " in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_pattern_without_files_stops_no_other(reimage_: Shell) -> None:
    result = reimage_("optimize", "no/*", "Dockerfile", "-q")
    assert result.exit_code == 2
    assert result.stdout == samples.PATCH
    assert result.stderr == "error: No file matches no/*.\n"


def test_standard_input_is_read_as_bytes(reimage_: Shell, pipeline: FakePipeline) -> None:
    result = reimage_("optimize", "-", stdin=b"FROM a\r\n\xff")
    assert result.exit_code == 0
    assert pipeline.sources == [("Dockerfile", b"FROM a\r\n\xff")]
    assert pipeline.paths == []


def test_endless_standard_input_is_not_read_to_its_end(
    reimage_: Shell, pipeline: FakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reimage.files.DOCKERFILE_LIMIT", 10)
    result = reimage_("optimize", "-", "-q", stdin=b"x" * 11)
    assert (result.exit_code, result.stdout, pipeline.sources) == (2, "", [])
    assert result.stderr.startswith("Dockerfile: error: Standard input is larger than")


def test_standard_input_can_be_given_a_name(reimage_: Shell, pipeline: FakePipeline) -> None:
    reimage_("optimize", "-", "--stdin-name", "app/Dockerfile", stdin=b"FROM a")
    assert pipeline.sources[0][0] == "app/Dockerfile"


def test_write_says_a_line_per_file_and_prints_no_patch(
    reimage_: Shell, pipeline: FakePipeline
) -> None:
    pipeline.reports["Dockerfile"] = samples.written()
    result = reimage_("optimize", "--write")
    assert (result.exit_code, result.stdout) == (0, "")
    assert pipeline.options.write
    assert result.stderr == "Dockerfile rewritten: copy-instead-of-add\n1 file: 1 written\n"


def test_quiet_leaves_the_patch_alone(reimage_: Shell) -> None:
    result = reimage_("optimize", "-q")
    assert (result.stdout, result.stderr) == (samples.PATCH, "")


def test_verbose_tells_what_was_left_alone(reimage_: Shell, pipeline: FakePipeline) -> None:
    pipeline.reports["Dockerfile"] = samples.untouched()
    assert "merge-run-layers" not in reimage_("optimize").stderr
    assert "merge-run-layers" in reimage_("optimize", "--verbose").stderr


def test_the_claim_is_left_to_the_pipeline_unless_named(
    reimage_: Shell, pipeline: FakePipeline
) -> None:
    reimage_("optimize")
    assert pipeline.options == Options()


def test_every_option_reaches_the_pipeline(reimage_: Shell, pipeline: FakePipeline) -> None:
    line = (
        "optimize --write --allow changes-behaviour --select a_b,c --select d --ignore e"
        " --prefer f --hunks 1,3-5 --context . --config my.toml"
    )
    assert reimage_(*line.split()).exit_code == 0
    assert pipeline.options == Options(
        write=True,
        allow=Claim.CHANGES_BEHAVIOUR,
        select=("a-b", "c", "d"),
        ignore=("e",),
        prefer=("f",),
        hunks=(1, 3, 4, 5),
        context=Path(),
        config=Path("my.toml"),
    )
    reimage_("optimize", "--no-context")
    assert pipeline.options == Options(no_context=True)


def test_the_command_that_includes_more_repeats_what_was_asked(
    reimage_: Shell, pipeline: FakePipeline
) -> None:
    Path("my app").mkdir()
    Path("my app/Dockerfile").write_bytes(b"")
    pipeline.reports["my app/Dockerfile"] = samples.held_back()._replace(path="my app/Dockerfile")
    line = ("--allow", "same-files", "--ignore", "x", "--no-context")
    result = reimage_("optimize", *line, "my app/Dockerfile")
    assert (
        "    reimage optimize --allow changes-behaviour --ignore x --no-context"
        " 'my app/Dockerfile'\n"
    ) in result.stderr


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--write -", "--write needs a file to write, and standard input is none."),
        ("-q -v", "--quiet and --verbose exclude one another."),
        ("--context . --no-context", "--context and --no-context exclude one another."),
        ("--context nowhere", "--context nowhere: there is no such directory."),
        ("--hunks 1 - Dockerfile", "--hunks numbers the hunks of one file, so it takes just one."),
        ("--hunks 3-1", "--hunks: '3-1' does not name hunks; write numbers such as 1,3-5."),
        ("--hunks 0", "--hunks: '0' does not name hunks; write numbers such as 1,3-5."),
        ("--hunks 1,,2", "--hunks: '1,,2' does not name hunks; write numbers such as 1,3-5."),
        (
            "--hunks 1-999999999",
            "--hunks: '1-999999999' names hunk 999999999, and no patch has that many.",
        ),
        (
            "--allow everything",
            (
                "--allow takes same-image, same-files, same-behaviour or changes-behaviour, "
                "not 'everything'."
            ),
        ),
        ("--format xml", "--format takes text, json, markdown, html, github or sarif, not 'xml'."),
        ("--color maybe", "--color takes auto, always or never, not 'maybe'."),
        ("--allow", "Option '--allow' requires an argument."),
        ("--alow x", "No such option: --alow (Possible options: --allow, --color)"),
    ],
)
def test_bad_usage_is_one_sentence(reimage_: Shell, line: str, sentence: str) -> None:
    result = reimage_("optimize", *line.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"reimage: {sentence}\n"


def test_bad_usage_that_the_pipeline_finds_is_one_sentence_too(
    reimage_: Shell, pipeline: FakePipeline
) -> None:
    pipeline.error = UsageError("There is no transformation 'x'.")
    result = reimage_("optimize", "--select", "x")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "reimage: There is no transformation 'x'.\n"


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_a_json_document_is_all_there_is_on_standard_output(reimage_: Shell, form: str) -> None:
    result = reimage_("optimize", "--format", form)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert json.loads(result.stdout)


def test_other_formats_are_told_from_one_another(reimage_: Shell) -> None:
    assert reimage_("optimize", "--format", "github").stdout.startswith("::warning file=")
    assert reimage_("optimize", "--format", "markdown").stdout.startswith("# reimage\n")


def test_a_document_with_an_error_ends_with_2(reimage_: Shell, pipeline: FakePipeline) -> None:
    pipeline.reports["Dockerfile"] = samples.rejected()
    result = reimage_("optimize", "--format", "json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["files"][0]["problems"][0]["line"] == 1
    assert result.stderr == "Dockerfile:1: error: unknown instruction FORM\n"
