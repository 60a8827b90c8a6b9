"""--check and --call: what the frontend answers, and what becomes of it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, cast

import pytest
from tests.cli.building.conftest import Build, FakeBuilder

from buildkit_client import BuildFailed, BuildRequest, Gateway, Rejected
from buildkit_client.errors import SourceLocation
from buildkit_client.gateway import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE = b"FROM scratch\nCOPPY . /\n"
BROKEN = {
    "warnings": None,
    "sources": [{"filename": "Dockerfile", "data": base64.b64encode(SOURCE).decode()}],
    "buildError": {
        "message": "dockerfile parse error on line 2: unknown instruction: COPPY",
        "location": {"ranges": [{"start": {"line": 2}, "end": {"line": 2}}]},
    },
}
WARNING = {"ruleName": "StageNameCasing"}
SHOWN = "  > 2 | COPPY . /\n\nDockerfile:2: error: unknown instruction: COPPY\n"


class Frontend(FakeBuilder):
    """Answers every question with the same, or fails."""

    answer: Mapping[str, object] = BROKEN
    refusal: BuildFailed | None = None

    def look(self, request: BuildRequest) -> Gateway:
        self.requests.append(request)
        return cast("Gateway", self)

    def solve(self, *, options: dict[str, str]) -> Result:
        assert options["requestid"].startswith("frontend.")
        if self.refusal:
            raise self.refusal
        metadata = {
            "result.json": json.dumps(self.answer).encode(),
            "result.txt": b"WARNING: of the builder\n" if self.answer["warnings"] else b"",
            "result.statuscode": b"1",
        }
        return Result(cast("Gateway", self), "", metadata)


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> Frontend:
    fake = Frontend()
    monkeypatch.setattr("buildkit_client.connect", fake.connect)
    return fake


def test_a_dockerfile_that_cannot_be_built_is_not_told_as_checked(build: Build) -> None:
    result = build("--check")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(SHOWN)


def test_what_was_found_before_it_is_told_too(build: Build, builder: Frontend) -> None:
    builder.answer = {**BROKEN, "warnings": [WARNING]}
    result = build("--check")
    assert result.exit_code == 2
    assert result.stdout == "Check not complete: 1 warning.\n\nWARNING: of the builder\n"
    assert result.stderr.endswith(SHOWN)


def test_the_answer_for_programs_is_whole(build: Build) -> None:
    result = build("--call=check,format=json")
    assert (result.exit_code, json.loads(result.stdout)) == (2, BROKEN)
    assert result.stderr.endswith(SHOWN)


def test_findings_can_be_ignored(build: Build, builder: Frontend) -> None:
    builder.answer = {"warnings": [WARNING], "sources": BROKEN["sources"]}
    assert build("--check").exit_code == 1
    assert build("--call=check,ignorestatus=true").exit_code == 0


@pytest.mark.parametrize("question", ["outline", "targets"])
def test_a_question_about_a_broken_dockerfile_is_no_bug_of_ours(
    build: Build, builder: Frontend, question: str
) -> None:
    place = SourceLocation("Dockerfile", 2, 2, SOURCE)
    builder.refusal = Rejected("unknown instruction: COPPY", location=place)
    result = build(f"--call={question}")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(SHOWN)
