"""`reimage compare` for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from reimage.report.building.figures import size
from reimage.report.images.facts import facts, shown
from reimage.report.images.figures import signed
from reimage.report.images.gutter import clipped, ended
from reimage.report.pieces import Line, Piece, counted, line, wrapped
from reimage.report.visible import visible

if TYPE_CHECKING:
    from reimage.pipeline.images.comparison import (
        BudgetReport,
        CompareReport,
        FileChanges,
        LineDifference,
        PackageDifference,
    )

_LISTED = 12


def comparison_lines(report: CompareReport, width: int) -> Iterator[Line]:
    """The whole report."""
    yield (Piece("before  ", "dim"), Piece(clipped(visible(report.before.name), width - 8)))
    yield (Piece("after   ", "dim"), Piece(clipped(visible(report.after.name), width - 8)))
    for note in report.notes:
        yield from wrapped((Piece("note: ", "yellow"),), visible(note), width=width, indent=6)
    yield line("")
    yield line(f"{'':12}{'before':>12}{'after':>12}   change", "dim")
    for fact in facts(report):
        row = f"{fact.name:12}{fact.before:>12}{fact.after:>12}   "
        yield (Piece(row), Piece(fact.change, _style(fact.change)))
    yield from _lines(report.lines, width)
    yield from _files(report.files, width)
    yield from _packages(report.packages, width)
    yield from _config(report, width)
    if report.budgets:
        yield line("")
        yield from budget_lines(report, width)


def _style(change: str) -> str:
    return "green" if change.startswith("-") else "red" if change.startswith("+") else ""


def _heading(text: str) -> Iterator[Line]:
    yield line("")
    yield line(text, "bold")


def _lines(found: tuple[LineDifference, ...], width: int) -> Iterator[Line]:
    if not found:
        return
    yield from _heading("Lines")
    for each in found[:_LISTED]:
        change = signed(each.after - each.before)
        place = _place(each)
        head = (Piece(f"{change:>10}", _style(change)), Piece(f"{place:>9}  ", "dim"))
        yield (*head, Piece(clipped(visible(each.text), width - 21)))
    yield from _more(len(found))


def _place(each: LineDifference) -> str:
    if each.after_line is None and each.before_line is not None:
        return f"was {each.before_line}"
    return "" if each.after_line is None else str(each.after_line)


def _more(count: int) -> Iterator[Line]:
    if count > _LISTED:
        yield line(f"{'':12}… and {count - _LISTED} more (--format json lists all)", "dim")


def _files(found: FileChanges, width: int) -> Iterator[Line]:
    counts = (
        f"{len(found.added)} added ({size(sum(it.size for it in found.added))}), "
        f"{len(found.removed)} removed ({size(sum(it.size for it in found.removed))}), "
        f"{len(found.changed)} changed"
    )
    yield from _heading(f"Files: {counts}")
    moved = [(it.size, "+", it.path) for it in found.added]
    moved += [(-it.size, "-", it.path) for it in found.removed]
    moved += [
        (it.after - it.before, "~", f"{it.path}  ({', '.join(it.what)})") for it in found.changed
    ]
    moved.sort(key=lambda each: (-abs(each[0]), each[2]))
    for bytes_, sign, text in moved[:_LISTED]:
        change = signed(bytes_)
        row = ended(visible(text), width - 14)
        yield (Piece(f"{change:>10}", _style(change)), Piece(f"  {sign} {row}"))
    yield from _more(len(moved))


def _packages(found: tuple[PackageDifference, ...], width: int) -> Iterator[Line]:
    if not found:
        return
    yield from _heading(counted(len(found), "package") + " differ" + "s" * (len(found) == 1))
    for each in sorted(found, key=lambda it: -abs(it.size or 0))[:_LISTED]:
        change = "" if each.size is None else signed(each.size)
        versions = f"{each.before or '(none)'} → {each.after or '(none)'}"
        text = f"{each.name} ({each.manager}) {versions}"
        row = clipped(visible(text), width - 12)
        yield (Piece(f"{change:>10}", _style(change)), Piece(f"  {row}"))
    yield from _more(len(found))


def _config(report: CompareReport, width: int) -> Iterator[Line]:
    if not report.config_changes:
        return
    yield from _heading("Configuration")
    for each in report.config_changes:
        name = f"{each.field} {each.key}".strip()
        text = f"{visible(shown(each.before))} → {visible(shown(each.after))}"
        yield from wrapped((Piece(f"  {visible(name)}: "),), text, width=width, indent=4)


def budget_lines(report: CompareReport, width: int) -> Iterable[Line]:
    """Every budget that is not held, with its line; a word where all are."""
    broken = [budget for budget in report.budgets if not budget.held]
    for budget in broken:
        yield from wrapped((Piece("over: ", "red"),), told(budget, report), width=width, indent=6)
    if report.budgets and not broken:
        yield line(f"{counted(len(report.budgets), 'budget')} held", "green")


def told(budget: BudgetReport, report: CompareReport) -> str:
    """A budget that is not held, as a sentence with the line that did it."""
    if not budget.instruction:
        return f"{budget.message}."
    where = ""
    if budget.line is not None:
        where = f"{visible(report.after.dockerfile or '')}:{budget.line}: "
    return f"{budget.message}; {budget.blame} {where}{visible(clipped(budget.instruction, 120))}"
