"""What came of a build, for people and for programs."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from tests.report.building.events import log, step, transfer, warned

from buildkit_client.solve import BuildResult
from buildkit_client.status import Event
from reimage.report.building import figures
from reimage.report.building.board import Board
from reimage.report.building.outcome import metadata_json, summary_lines
from reimage.report.building.raw import RawProgress
from reimage.report.pieces import plain

DIGEST = "sha256:" + "1" * 64


def result(**more: object) -> BuildResult:
    given: dict[str, object] = {
        "ref": "ref1",
        "digest": DIGEST,
        "config_digest": "",
        "names": ("docker.io/library/app:1", "example.org/team/app:1"),
        "steps": (),
        "warnings": (),
        "metadata": {},
    }
    return BuildResult(**(given | more))  # type: ignore[arg-type]


def told(found: BuildResult, *events: Event, files: tuple[Path, ...] = ()) -> list[str]:
    board = Board()
    for event in events:
        board.take(event, 0.0)
    lines = summary_lines(found, board, 12.34, files=files, dockerfile="Dockerfile")
    return plain(lines).split("\n")[:-1]


def test_steps_of_the_dockerfile_are_counted_and_no_others() -> None:
    lines = told(
        result(),
        step("[internal] load build context", 0, 1),
        step("[context debian:12] load metadata", 0, 1),
        step("[1/2] FROM debian", 0, 1, cached=True),
        step("[linux/arm64 build 2/2] RUN x", 0, 1),
        step("exporting to image", 0, 1),
    )
    assert lines == [
        "built: 2 steps, 1 cached, 12.3s",
        f"  {DIGEST}",
        "  app:1",
        "  example.org/team/app:1",
    ]


def test_a_result_that_is_not_an_image_has_no_digest() -> None:
    assert told(result(digest="", names=())) == ["built: 12.3s"]


def test_an_image_without_a_name_has_none() -> None:
    assert told(result(names=("moby-dangling@" + DIGEST,)))[-1] == f"  {DIGEST}"


def test_files_are_told_with_their_size(tmp_path: Path) -> None:
    archive = tmp_path / "app.tar"
    archive.write_bytes(b"x" * 123_456)
    lines = told(result(names=()), files=(archive, tmp_path))
    assert lines[-2:] == [f"  {archive} (123 kB)", f"  {tmp_path}"]


def test_findings_are_told_with_their_line() -> None:
    lines = told(result(warnings=(warned("x", "JSONArgsRecommended: use JSON (line 7)", 7),)))
    assert lines[0] == "Dockerfile:7: warning: JSONArgsRecommended: use JSON"


def test_metadata_is_opened() -> None:
    inner = base64.b64encode(b'{"size": 1}').decode()
    found = json.loads(
        metadata_json(result(metadata={"containerimage.descriptor": inner, "image.name": "abcd"}))
    )
    assert found == {
        "containerimage.descriptor": {"size": 1},
        "image.name": "abcd",
        "buildx.build.ref": "ref1",
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0.0s"), (12.34, "12.3s"), (99.94, "99.9s"), (185, "3m 05s"), (3720, "1h 02m")],
)
def test_seconds(value: float, text: str) -> None:
    assert figures.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (12_345, "12 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (5 * 10**12, "5.0 TB"),
    ],
)
def test_sizes(value: int, text: str) -> None:
    assert figures.size(value) == text


def test_every_event_is_a_document_of_its_own() -> None:
    out: list[str] = []
    progress = RawProgress(out.append)
    progress.take(step("a", 0, 1, inputs=("b",), group="g"))
    progress.take(transfer("a", "t", 5, 10))
    progress.take(log("a", b"\xff\n"))
    progress.take(warned("a", "W: x", 3))
    vertexes, statuses, logs, warnings = map(json.loads, out)
    assert vertexes["vertexes"] == [
        {
            "digest": "a",
            "name": "a",
            "inputs": ["b"],
            "started": "2023-11-14T22:13:20Z",
            "completed": "2023-11-14T22:13:21Z",
            "progressGroup": {"id": "g"},
        }
    ]
    assert statuses["statuses"][0]["total"] == 10
    assert base64.b64decode(logs["logs"][0]["data"]) == b"\xff\n"
    assert warnings["warnings"][0]["range"] == [{"start": {"line": 3}, "end": {"line": 3}}]
