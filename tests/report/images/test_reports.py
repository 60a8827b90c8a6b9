"""What people and programs get of images, with whatever strangers called their files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from html.parser import HTMLParser
from typing import Any

import jsonschema
import pytest
from tests.image.making import file
from tests.pipeline.images.subjects import DOCKERFILE, LAYERS, subject

from reimage.image.packages.installed import keep
from reimage.pipeline.images.budgets import Limits, amount
from reimage.pipeline.images.comparing import compare, shown_files
from reimage.pipeline.images.comparison import CompareReport
from reimage.pipeline.images.inspecting import Wanted, inspect
from reimage.pipeline.images.results import SizedFile
from reimage.report.images.annotations import comparison_annotations, comparison_sarif
from reimage.report.images.comparison import comparison_lines
from reimage.report.images.documents import comparison_json, inspection_json
from reimage.report.images.inspection import inspection_lines
from reimage.report.images.markdown import comparison_markdown
from reimage.report.images.page import comparison_page
from reimage.report.images.schemas import compare_schema, inspect_schema
from reimage.report.images.treemap import HEIGHT, WIDTH, by_path
from reimage.report.pieces import plain

HOSTILE = "srv/<script>alert(1)</script>\x1b[31m`|@all"
ALL = Wanted(waste=True, files=True)


@pytest.fixture
def report() -> Iterator[CompareReport]:
    with ExitStack() as stack:
        yield made(stack)[0]


def made(stack: ExitStack) -> tuple[CompareReport, tuple[SizedFile, ...]]:
    layers = (*LAYERS[:2], [*LAYERS[2], file(HOSTILE, b"x" * 900)])
    before = subject(keep=keep, stack=stack)
    after = subject(*layers, keep=keep, stack=stack, Labels={"a": "<b>|\x1b"})
    limits = Limits(growth=amount("--max-growth", "1%", share=True))
    return compare(before, after, limits, "1"), shown_files(after)


def test_the_gutter_stands_beside_every_line_of_the_file() -> None:
    found = inspect(subject(), Wanted(), "1")
    text = plain(inspection_lines(found, DOCKERFILE, 80))
    assert all(len(row) <= 80 for row in text.split("\n"))
    assert text.split("\n\n")[1].split("\n") == [
        "   added  wasted   total line",
        "                            1  FROM golang:1 AS build",
        "                            2  RUN make",
        "                            3",
        " 1.00 kB         1.00 kB    4  FROM debian:12-slim",
        "                            5  ENV A=1",
        "                            6  # lists",
        "   750 B   700 B 1.75 kB    7  RUN apt-get update && \\",
        "                            8      apt-get install -y app",
        "   300 B         2.05 kB    9  COPY --from=build /app /app",
        '                           10  CMD ["/app"]',
    ]
    assert "line 7: lists of what packages there are (1 file)" in text
    assert "cure: clean-package-lists, mount-download-caches" in text


@pytest.mark.parametrize("width", [40, 80, 100])
def test_no_row_is_wider_than_the_terminal_and_no_escape_comes_through(width: int) -> None:
    hostile = subject(*LAYERS[:2], [file(f"{HOSTILE}{'y' * 200}", b"x" * 9000)])
    found = inspect(hostile, ALL, "1")
    text = plain(inspection_lines(found, DOCKERFILE + "#\x1b]0;" + "z" * 200, width, layers=True))
    assert max(map(len, text.split("\n"))) <= max(width, 60)
    assert "\x1b" not in text


def test_an_image_without_a_layer_is_told() -> None:
    found = inspect(subject([], steps=(("ENV A=1", False),), dockerfile=None), ALL, "1")
    assert "Nothing worth mentioning" in plain(inspection_lines(found, None, 80, layers=True))


def test_json_is_what_its_schema_says(report: CompareReport) -> None:
    document: Any = json.loads(comparison_json(report))
    jsonschema.validate(document, compare_schema())
    assert document["version"] == 1
    assert document["delta"]["size"] == 900
    assert document["before"]["layers"][1]["line"] == 7
    assert document["files"]["added"] == [{"path": f"/{HOSTILE}", "size": 900}]
    inspected = json.loads(inspection_json(inspect(subject(), ALL, "1")))
    jsonschema.validate(inspected, inspect_schema())
    assert inspected["image"]["rows"][2]["added"] == 750


def test_text_names_the_budget_and_its_line(report: CompareReport) -> None:
    text = plain(comparison_lines(report, 80))
    assert "\x1b" not in text and max(map(len, text.split("\n"))) <= 80
    flat = " ".join(text.split())
    assert "over: The image grew by 900 bytes, and --max-growth is 1%; the line" in flat
    assert "Dockerfile:9: COPY --from=build /app /app" in flat


def test_markdown_is_short_and_nothing_in_it_is_markup(report: CompareReport) -> None:
    text = comparison_markdown(report)
    assert len(text) < 3000
    assert "**max-growth is not held.**" in text and "| +900 B | 9 |" in text
    assert "\x1b" not in text
    # What a stranger wrote stands in code spans only.
    assert "<script>" not in re.sub(r"(`+).*?\1(?!`)", "", text)


def test_annotations_and_sarif_name_the_line(report: CompareReport) -> None:
    notice, error = comparison_annotations(report).splitlines()
    assert notice.startswith("::notice title=reimage compare::size 2.05 kB → 2.95 kB")
    assert error.startswith("::error file=Dockerfile,line=9,title=max-growth::The image grew by")
    (result,) = json.loads(comparison_sarif(report))["runs"][0]["results"]
    assert result["ruleId"] == "max-growth"
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 9}


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_needs_nothing_else_and_runs_nothing_of_the_image() -> None:
    with ExitStack() as stack:
        page = comparison_page(*made(stack))
    parser = _Tags()
    parser.feed(page)
    tags = [tag for tag, _ in parser.found]
    assert tags.count("script") == 1
    assert not {"link", "img", "iframe"} & set(tags)
    assert not [name for _, attrs in parser.found for name in attrs if name in ("src", "href")]
    assert not [name for _, attrs in parser.found for name in attrs if name.startswith("on")]
    assert "://" not in page
    assert "\x1b" not in page
    assert 'role="alert"' in page and "grew most is Dockerfile:9" in page


def test_boxes_stay_inside_and_share_the_room_by_size() -> None:
    files = [SizedFile(f"/d{n % 3}/f{n}", 1 + n * n, 0, None) for n in range(60)]
    boxes = by_path(files)
    for box in boxes:
        assert box.x >= -0.01 and box.x + box.width <= WIDTH + 0.01
        assert box.y >= -0.01 and box.y + box.height <= HEIGHT + 0.01
    top = {box.title.split(":")[0]: box.width * box.height for box in boxes if box.depth == 0}
    whole = sum(file.size for file in files)
    for name, area in top.items():
        part = sum(file.size for file in files if file.path.startswith(f"{name}/"))
        assert area == pytest.approx(WIDTH * HEIGHT * part / whole)


def test_nothing_has_no_boxes() -> None:
    assert by_path([]) == by_path([SizedFile("/a", 0, 0, None)]) == []
