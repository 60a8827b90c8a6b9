"""Bytes find their lines, and so does waste."""

from __future__ import annotations

from contextlib import ExitStack

from tests.image.making import file
from tests.pipeline.images.subjects import LAYERS, STEPS, subject

from reimage.image.closure.finding import keep
from reimage.pipeline.images.inspecting import Wanted, inspect
from reimage.pipeline.images.results import RowReport


def figures(rows: tuple[RowReport, ...]) -> list[tuple[int | None, int, int, int]]:
    return [(row.line, row.added, row.wasted, row.total) for row in rows]


def test_every_line_has_its_bytes() -> None:
    report = inspect(subject(), Wanted(), "1")
    assert figures(report.image.rows) == [
        (4, 1000, 0, 1000),
        (5, 0, 0, 1000),
        (7, 750, 700, 1750),
        (9, 300, 0, 2050),
        (10, 0, 0, 2050),
    ]
    assert report.image.size == 2050 and report.image.wasted == 700
    assert [layer.line for layer in report.image.layers] == [4, 7, 9]
    assert not report.notes


def test_without_a_dockerfile_the_steps_are_told_and_no_line_is_made_up() -> None:
    report = inspect(subject(dockerfile=None), Wanted(waste=True, files=True), "1")
    assert figures(report.image.rows)[2] == (None, 750, 700, 1750)
    assert report.image.rows[2].text == "RUN apt-get update && apt-get install -y app"
    assert report.image.dockerfile is None and not report.notes
    assert report.waste and report.files
    assert {each.line for each in report.waste} == {each.line for each in report.files} == {None}


def test_a_dockerfile_that_does_not_fit_is_told() -> None:
    report = inspect(subject(dockerfile="FROM a\nUSER b\n"), Wanted(), "1")
    assert "Dockerfile does not fit" in report.notes[0]
    assert report.image.dockerfile is None
    assert {row.line for row in report.image.rows} == {None}


def test_an_offender_names_line_reason_and_cure() -> None:
    (only,) = inspect(subject(), Wanted(), "1").offenders
    assert (only.line, only.kind, only.size, only.files) == (7, "package_lists", 700, 1)
    assert only.example == "/var/lib/apt/lists/all"
    assert only.cures == ("clean-package-lists", "mount-download-caches")


def test_waste_of_the_base_image_has_no_cure_here() -> None:
    base = [file("var/lib/apt/lists/all", b"l" * 700)]
    (only,) = inspect(subject(base, *LAYERS[2:], LAYERS[0]), Wanted(), "1").offenders
    assert (only.line, only.cures) == (4, ())


def test_a_deleted_file_names_both_lines() -> None:
    layers = (*LAYERS[:2], [*LAYERS[2], file("bin/.wh.sh")])
    report = inspect(subject(*layers), Wanted(waste=True), "1")
    assert report.waste
    largest = report.waste[0]
    assert (largest.kind, largest.line, largest.hidden_by) == ("deleted", 4, 9)


def test_files_are_those_that_containers_see_the_largest_first() -> None:
    layers = (*LAYERS[:2], [*LAYERS[2], file("bin/.wh.sh")])
    report = inspect(subject(*layers), Wanted(files=True), "1")
    assert report.files
    assert [(each.path, each.line) for each in report.files] == [
        ("/var/lib/apt/lists/all", 7),
        ("/app", 9),
        ("/usr/app.conf", 7),
    ]


def test_the_closure_is_a_part_of_the_image() -> None:
    with ExitStack() as stack:
        asked = subject(keep=keep, stack=stack, Cmd=["/app"])
        found = inspect(asked, Wanted(closure=True), "1").closure
    assert found
    assert (found.command, found.files, found.size) == (("/app",), 1, 300)
    assert (found.all_files, found.all_size) == (4, 2050)
    assert not found.missing


def test_nothing_that_was_not_asked_for_is_computed() -> None:
    report = inspect(subject(steps=STEPS), Wanted(), "1")
    assert (report.waste, report.files, report.closure) == (None, None, None)
