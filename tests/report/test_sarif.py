"""SARIF 2.1.0 as code scanning reads it."""

import json
from typing import Any

import pytest
from tests.report import samples

from reimage.pipeline.results import FileReport, RunReport, Status
from reimage.report.sarif import as_sarif
from reimage.rewriting.transformation import Claim, Transformation


def copy_instead_of_add(facts: object) -> Any:
    """Copy local files with COPY.

    ADD does more.
    """


def optional_one(facts: object) -> Any:
    """Only when asked for."""


RULES = (
    Transformation(copy_instead_of_add, Claim.SAME_IMAGE, (), None),
    Transformation(optional_one, Claim.CHANGES_BEHAVIOUR, (), "copy_instead_of_add"),
)


def run(*reports: FileReport) -> Any:
    log = json.loads(as_sarif(RunReport("0.1.0", reports), RULES))
    assert log["version"] == "2.1.0"
    (only,) = log["runs"]
    return only


@pytest.mark.parametrize("report", [FileReport("a"), samples.untouched()])
def test_nothing_to_change_is_no_result(report: FileReport) -> None:
    found = run(report)
    assert found["results"] == []
    assert found["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_an_unreadable_file_is_a_notification_not_a_result() -> None:
    found = run(samples.missing())
    assert found["results"] == []
    (invocation,) = found["invocations"]
    assert invocation["executionSuccessful"] is False
    (told,) = invocation["toolExecutionNotifications"]
    assert told["message"] == {"text": "nowhere does not exist."}


def test_every_result_names_a_rule_of_the_log() -> None:
    found = run(samples.suggested(), samples.held_back(), samples.rejected())
    rules = {rule["id"]: rule for rule in found["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in found["results"]} <= set(rules)
    assert [result["level"] for result in found["results"]] == ["warning", "note", "error"]
    assert rules["copy-instead-of-add"] == {
        "id": "copy-instead-of-add",
        "shortDescription": {"text": "Copy local files with COPY."},
        "help": {"text": "Copy local files with COPY.\n\nADD does more."},
        "defaultConfiguration": {"enabled": True, "level": "warning"},
        "properties": {"claim": "same-image"},
    }
    assert rules["optional-one"]["defaultConfiguration"] == {"enabled": False, "level": "note"}


def test_places_are_encoded_addresses_and_lines() -> None:
    (result,) = run(samples.suggested("my app/Dockerfile#1"))["results"]
    (place,) = result["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "my%20app/Dockerfile%231"},
        "region": {"startLine": 2, "endLine": 2},
    }
    assert result["partialFingerprints"] == {"reimageRewrite/v1": "copy-instead-of-add@15"}


def test_an_absolute_path_is_a_file_address() -> None:
    (result,) = run(samples.rejected("/srv/Dockerfile"))["results"]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "file:///srv/Dockerfile"}


@pytest.mark.parametrize("status", Status)
def test_every_rewrite_but_a_dropped_one_is_a_result(status: Status) -> None:
    levels = [each["level"] for each in run(samples.suggested(status=status))["results"]]
    usual = "warning" if status in (Status.SUGGESTED, Status.PROVEN) else "note"
    assert levels == ([] if status is Status.DROPPED else [usual])
