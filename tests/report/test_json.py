"""The JSON report and its schema are one thing."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.report import samples

from reimage.pipeline.results import FileReport, RunReport
from reimage.report.json import as_json
from reimage.report.json_schema import schema

COMMITTED = Path(__file__).parents[2] / "docs/schema/optimize.schema.json"
REPORTS = [
    samples.suggested(),
    samples.held_back(),
    samples.written(),
    samples.untouched(),
    samples.rejected(),
    samples.missing(),
    samples.everything(),
    FileReport("empty"),
]


def document(*reports: FileReport) -> Any:
    return json.loads(as_json(RunReport("0.1.0", reports)))


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.path)
def test_reports_fit_the_schema(report: FileReport) -> None:
    jsonschema.validate(document(report), schema(), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    "breakage",
    [
        {"version": 1},
        {"tool_version": None},
        {"files": [{"path": "x"}]},
        {"files": {}},
    ],
)
def test_other_documents_do_not_fit(breakage: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document(samples.everything()) | breakage, schema())


def test_an_unknown_status_does_not_fit() -> None:
    broken = document(samples.suggested())
    broken["files"][0]["rewrites"][0]["status"] = "perhaps"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema())


def test_the_document_has_exactly_the_fields_of_the_schema() -> None:
    found, described = document(samples.everything()), schema()
    assert list(found) == list(described["properties"])
    file = found["files"][0]
    assert list(file) == list(described["$defs"]["FileReport"]["properties"])
    rewrite = file["rewrites"][0]
    assert list(rewrite) == list(described["$defs"]["RewriteReport"]["properties"])


def test_the_fields_that_the_design_promises_are_there() -> None:
    found = document(samples.everything())
    assert (found["version"], found["tool_version"]) == (1, "0.1.0")
    file = found["files"][0]
    promised = "path patch rewrites refusals skipped problems touched error build"
    assert set(promised.split()) <= set(file)
    told = "id name line end_line claim evidence message status edits builds_on"
    assert set(told.split()) <= set(file["rewrites"][0])
    assert file["rewrites"][0]["edits"] == [
        {"path": "Dockerfile", "start": 15, "end": 18, "text": "COPY"}
    ]
    assert file["build"] is None


def test_a_patch_with_bytes_that_are_not_utf8_comes_back_exactly() -> None:
    patch = b"-\xff\n+\x1b\n".decode("utf-8", "surrogateescape")
    text = as_json(RunReport("0", (FileReport("a", patch=patch),)))
    assert text.isascii()
    assert json.loads(text)["files"][0]["patch"] == patch


def test_the_committed_schema_is_the_generated_one() -> None:
    assert json.loads(COMMITTED.read_text("utf-8")) == schema()
