"""Markdown holds what we mean and nothing that a Dockerfile smuggles in."""

from tests.report import samples

from reimage.pipeline.results import FileReport, RunReport
from reimage.report.markdown import as_markdown, code, escaped, fenced


def markdown(*reports: FileReport) -> str:
    return as_markdown(RunReport("0.1.0", reports))


def test_a_file_without_suggestions_says_so() -> None:
    assert markdown(FileReport("Dockerfile")) == (
        "# reimage\n\n## `Dockerfile`\n\nNothing to suggest.\n"
    )


def test_an_error_is_not_nothing_to_suggest() -> None:
    assert "Nothing" not in markdown(samples.missing(), samples.rejected())


def test_markup_and_mentions_in_messages_are_inert() -> None:
    assert escaped("<img> [a](http://x) *b* `c` @all #1\n") == (
        "\\<img\\> \\[a\\](http:\u200b//x) \\*b\\* \\`c\\` @\u200ball \\#1\\\\n"
    )


def test_backticks_can_not_end_a_code_span_or_block() -> None:
    assert code("a`b``c") == "```a`b``c```"
    assert code("`a") == "`` `a ``"
    assert fenced("+````\n", "diff") == "`````diff\n+````\n`````"


def test_patch_and_reasons_are_there() -> None:
    assert markdown(samples.suggested()) == (
        "# reimage\n\n"
        "## `Dockerfile`\n\n"
        "- line 2, **copy-instead-of-add** (same-image): "
        "COPY does what is needed here and nothing else.\n\n"
        f"```diff\n{samples.PATCH}```\n"
    )


def test_what_was_left_out_is_folded() -> None:
    text = markdown(samples.everything())
    assert "<details><summary>1 held back</summary>\n\n- line 2" in text
    assert "(the result did not parse)" in text
    assert "2 places left alone" in text
    assert "copy-manifests-first: needs the build context" in text
