"""Two images side by side, and budgets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from tests.image.making import Member, file
from tests.pipeline.images.subjects import DOCKERFILE, LAYERS, subject

from reimage.image.packages.installed import keep
from reimage.pipeline.errors import UsageError
from reimage.pipeline.images.budgets import Limits, amount
from reimage.pipeline.images.comparing import compare
from reimage.pipeline.images.comparison import CompareReport
from reimage.pipeline.images.subjects import BuildFigures, Subject
from reimage.report.images.facts import Fact, facts

STATUS = """Package: {name}
Status: install ok installed
Installed-Size: {size}
Architecture: amd64
Version: {version}

"""


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def made(stack: ExitStack, *layers: list[Member], **more: object) -> Subject:
    return subject(*layers, keep=keep, stack=stack, **more)  # type: ignore[arg-type]


def limits(**words: str) -> Limits:
    found = {
        name: int(text) if name == "layers" else amount(f"--max-{name}", text, share=True)
        for name, text in words.items()
    }
    return Limits(**found)  # type: ignore[arg-type]


def larger(stack: ExitStack, **words: str) -> CompareReport:
    """RUN brings 750 bytes more, COPY 100 less."""
    after = (LAYERS[0], [*LAYERS[1], file("srv/x", b"x" * 750)], [file("app", b"a" * 200)])
    return compare(made(stack), made(stack, *after), limits(**words), "1")


def test_an_image_does_not_differ_from_itself(stack: ExitStack) -> None:
    report = compare(made(stack), made(stack), Limits(), "1")
    assert report.delta == (0, 0.0, 0, 0, 0)
    assert report.files == ((), (), ())
    assert not (report.config_changes or report.packages or report.lines or report.budgets)


def test_sizes_lines_and_files_differ(stack: ExitStack) -> None:
    report = larger(stack)
    assert (report.delta.size, report.delta.size_percent) == (650, 31.71)
    lines = [(each.after_line, each.before, each.after) for each in report.lines]
    assert lines == [(7, 750, 1500), (9, 300, 200)]
    assert report.files.added == (("/srv/x", 750),)
    assert report.files.changed == (("/app", 300, 200, ("content", "mode")),)
    assert not report.files.removed


def test_another_base_is_still_the_base(stack: ExitStack) -> None:
    other = DOCKERFILE.replace("debian:12-slim", "debian:13-slim")
    after = made(stack, [file("bin/sh", b"s" * 900)], *LAYERS[1:], dockerfile=other)
    report = compare(made(stack), after, Limits(), "1")
    (only,) = report.lines
    assert (only.text, only.before, only.after) == ("FROM debian:13-slim", 1000, 900)


def test_an_instruction_that_went_has_its_old_line(stack: ExitStack) -> None:
    other = DOCKERFILE.replace("COPY --from=build /app /app", "COPY app /app")
    report = compare(made(stack), made(stack, dockerfile=other), Limits(), "1")
    assert {(each.before_line, each.after_line) for each in report.lines} == {(9, None), (None, 9)}
    assert report.delta.size == 0


def test_configuration_and_packages_differ(stack: ExitStack) -> None:
    def layers(name: str, version: str) -> tuple[list[Member], ...]:
        status = STATUS.format(name="app", version=version, size=4)
        status += STATUS.format(name=name, version="1", size=8)
        return (*LAYERS[:2], [*LAYERS[2], file("var/lib/dpkg/status", status.encode())])

    before = made(stack, *layers("old", "1"), Env=["A=1"], Cmd=["/app"])
    after = made(stack, *layers("new", "2"), Env=["A=2"], Cmd=["/app", "-x"])
    report = compare(before, after, Limits(), "1")
    assert [(each.field, each.key, each.before, each.after) for each in report.config_changes] == [
        ("env", "A", "1", "2"),
        ("cmd", "", ("/app",), ("/app", "-x")),
    ]
    assert [(each.name, each.before, each.after) for each in report.packages] == [
        ("app", "1", "2"),
        ("new", None, "1"),
        ("old", "1", None),
    ]


def test_times_are_those_of_the_builds(stack: ExitStack) -> None:
    built = made(stack, built=BuildFigures(12.3456, 5, 3))
    built = replace(built, again=BuildFigures(0.5, 5, 5))
    report = compare(made(stack), built, Limits(), "1")
    assert report.before.build_seconds is None and report.before.steps is None
    figures = report.after.build_seconds, report.after.cached_steps, report.after.steps
    assert figures == (12.346, 3, 5)
    assert (report.before.build_again_seconds, report.after.build_again_seconds) == (None, 0.5)
    assert Fact("build again", "–", "0.5s", "") in facts(report)


@pytest.mark.parametrize(
    ("words", "name", "line"),
    [
        ({"size": "2.6kB"}, "max-size", 7),
        ({"growth": "31%"}, "max-growth", 7),
        ({"growth": "649"}, "max-growth", 7),
        ({"layers": "2"}, "max-layers", 9),
        ({"waste": "10%"}, "max-waste", 7),
    ],
)
def test_a_budget_that_is_not_held_names_the_line(
    stack: ExitStack, words: dict[str, str], name: str, line: int
) -> None:
    report = larger(stack, **words)
    (budget,) = report.budgets
    assert (budget.name, budget.held, budget.line) == (name, False, line)
    assert f"--{name} is {next(iter(words.values()))}" in budget.message
    assert not report.held


def test_budgets_that_are_held_say_nothing(stack: ExitStack) -> None:
    report = larger(stack, size="2.7kB", growth="32%", layers="3", waste="700")
    assert len(report.budgets) == 4 and report.held
    assert {(budget.line, budget.message) for budget in report.budgets} == {(None, "")}


def test_an_image_that_only_is_large_names_the_line_that_holds_most(stack: ExitStack) -> None:
    (budget,) = compare(made(stack), made(stack), limits(size="1kB"), "1").budgets
    assert (budget.line, budget.blame) == (4, "the line that holds most is")


def test_an_image_that_shrank_holds_any_growth(stack: ExitStack) -> None:
    after = made(stack, [file("bin/sh", b"")], *LAYERS[1:])
    assert compare(made(stack), after, limits(growth="0%"), "1").held


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [("10", 10), ("1.5kB", 1500), ("1 KiB", 1024), ("2mb", 2_000_000), ("1G", 10**9), ("7B", 7)],
)
def test_sizes_are_read_as_people_write_them(text: str, bytes_: int) -> None:
    assert amount("--max-size", text, share=False).of(99) == bytes_


@pytest.mark.parametrize("text", ["", "5%", "-1", "many", "1 XB", "1e9", "½", "1" * 40])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--max-size takes a size"):
        amount("--max-size", text, share=False)
