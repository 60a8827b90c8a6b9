"""The page in a real browser, offline, with nothing but a keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.report.images.browser import INSTALLED, Browser, browser
from tests.report.images.test_reports import made

from reimage.report.images.page import comparison_page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not INSTALLED, reason="chromium and chromium-driver are not installed"),
]
TAB, SPACE, ENTER, RIGHT = "\ue004", " ", "\ue007", "\ue014"
FOCUSED = "return document.activeElement.value || document.activeElement.textContent"
OPENED = "return document.querySelector('#list-line').open"
VISIBLE = "return [...document.querySelectorAll('svg')].map(e => e.getBoundingClientRect().height)"
COLOURS = "return getComputedStyle(document.body).backgroundColor"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    with ExitStack() as stack:
        path.write_text(comparison_page(*made(stack)), "utf-8")
    return path


@pytest.fixture
def window(tmp_path: Path, page: Path) -> Iterator[Browser]:
    with browser(tmp_path) as opened:
        opened.open(page)
        yield opened


def test_keys_arrange_the_map_and_sort_the_files(window: Browser) -> None:
    by_path, by_line = window.run(VISIBLE)
    assert by_path > 100 and by_line == 0
    window.press(TAB)
    assert window.run(FOCUSED) == "path"
    window.press(RIGHT)
    by_path, by_line = window.run(VISIBLE)
    assert by_path == 0 and by_line > 100
    window.press(TAB)
    assert window.run(FOCUSED) == "The map by line as a list"
    assert not window.run(OPENED)
    window.press(ENTER)
    assert window.run(OPENED)
    window.press(TAB, TAB, TAB)  # the list, and the table, which scroll with the arrow keys
    assert window.run(FOCUSED) == "change"
    order = "return document.querySelector('#diff th').getAttribute('aria-sort')"
    window.press(ENTER)
    assert window.run(order) == "ascending"
    window.press(SPACE)
    assert window.run(order) == "descending"


def test_a_screen_reader_is_told_what_is_seen(window: Browser) -> None:
    def spoken(selector: str) -> list[tuple[str, str]]:
        return window.spoken(selector)

    assert spoken("main")[0][0] == "main"
    assert {role for role, _ in spoken("h1, h2")} == {"heading"}
    assert spoken("input") == [("radio", "by path"), ("radio", "by line")]
    assert spoken("fieldset") == [("group", "Arrange the map")]
    assert [name for _, name in spoken("#diff button")] == ["change", "what", "path"]
    assert {role for role, _ in spoken("#diff th")} == {"columnheader"}
    images = spoken("[role=img]:not([hidden])")
    assert len(images) == 3 and all(name for _, name in images)
    assert images[0][1].startswith("before: layer 1, ")
    window.run("document.querySelector('#list-path').open = true")
    assert all(name for _, name in spoken("[role=region], #list-path ul"))
    assert all(role == "table" and name for role, name in spoken("table"))
    listed = "return [...document.querySelectorAll('#list-path li')].map(e => e.textContent)"
    drawn = "return [...document.querySelectorAll('#map-path title')].map(e => e.textContent)"
    assert window.run(listed) == window.run(drawn) != []


def test_nothing_of_the_image_runs_and_nothing_is_fetched(window: Browser) -> None:
    assert window.complaints() == []
    assert window.run("return performance.getEntriesByType('resource').length") == 0
    assert window.run("return document.scripts.length") == 1
    assert "<script>alert(1)</script>" in window.run("return document.body.innerText")


def test_the_page_is_dark_where_the_reader_wants_it(tmp_path: Path, page: Path) -> None:
    found = []
    for number, flags in enumerate(((), ("--force-dark-mode",))):
        with browser(tmp_path / str(number), *flags) as opened:
            opened.open(page)
            found.append(opened.run(COLOURS))
    assert found == ["rgb(255, 255, 255)", "rgb(20, 24, 28)"]


@pytest.mark.parametrize("pixels", [1100, 500, 420])
def test_it_fits_a_narrow_window(window: Browser, pixels: int) -> None:
    window.resize(pixels, 900)
    # The figures of large images are longer than those of the one in this test.
    window.run("document.querySelector('td.up, td.down').textContent = '+1.98 GB +1008.9 %'")
    width = "return document.documentElement.clientWidth"
    assert window.run(width) <= pixels
    assert window.run(width.replace("client", "scroll")) <= window.run(width)
