"""Annotations can't be forged from inside a Dockerfile."""

import pytest
from tests.report import samples

from reimage.pipeline.results import FileReport, ProblemReport, Status
from reimage.report.github import annotations


def test_nothing_to_say_is_nothing() -> None:
    assert annotations([FileReport("Dockerfile"), samples.untouched()]) == ""


def test_a_dropped_rewrite_is_not_annotated() -> None:
    assert annotations([FileReport("a", rewrites=(samples.rewrite(Status.DROPPED),))]) == ""


def test_a_message_can_not_start_a_command_of_its_own() -> None:
    evil = FileReport("Dockerfile", problems=(ProblemReport(1, samples.EVIL),))
    text = annotations([evil])
    assert text.count("\n") == 1
    assert "\x1b" not in text
    assert r"\r\nnew ::error::line" in text


def test_a_path_can_not_add_properties() -> None:
    text = annotations([samples.missing("a,line=7:b%0A")])
    assert text == ("::error file=a%2Cline=7%3Ab%250A::a,line=7:b%250A does not exist.\n")


def test_levels_follow_what_became_of_a_rewrite() -> None:
    report = samples.suggested("app/Dockerfile")
    rewrites = (*report.rewrites, samples.rewrite(Status.HELD_BACK, line=5, end_line=7))
    assert annotations([report._replace(rewrites=rewrites), samples.rejected()]) == (
        "::warning file=app/Dockerfile,line=2,endLine=2,title=copy-instead-of-add::"
        "COPY does what is needed here and nothing else. [same-image]\n"
        "::notice file=app/Dockerfile,line=5,endLine=7,title=copy-instead-of-add::"
        "COPY does what is needed here and nothing else. [same-image]\n"
        "::error file=Dockerfile,line=1::unknown instruction FORM\n"
    )


@pytest.mark.parametrize("status", Status)
def test_every_rewrite_but_a_dropped_one_is_annotated(status: Status) -> None:
    text = annotations([samples.suggested(status=status)])
    assert bool(text) is (status is not Status.DROPPED)
    assert text.startswith("::warning ") is (status in (Status.SUGGESTED, Status.PROVEN))
