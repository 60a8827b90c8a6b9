"""`reimage compare` as Markdown: a comment under a change that stays short."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from reimage.report.images.comparison import told
from reimage.report.images.facts import facts, shown
from reimage.report.images.figures import signed
from reimage.report.images.gutter import clipped
from reimage.report.markdown import code, escaped

if TYPE_CHECKING:
    from reimage.pipeline.images.comparison import CompareReport

_LISTED = 10
_LONGEST = 100


def comparison_markdown(report: CompareReport) -> str:
    """The document; figures and broken budgets first, everything else folded away."""
    return "\n\n".join(_parts(report)) + "\n"


def _parts(report: CompareReport) -> Iterator[str]:
    change = signed(report.delta.size)
    yield f"### Image: {change if report.delta.size else 'same size'}"
    for budget in report.budgets:
        if not budget.held:
            yield f"**{budget.name} is not held.** {escaped(told(budget, report))}"
    yield _table(("", "before", "after", "change"), facts(report))
    lines = [
        (signed(each.after - each.before), str(each.after_line or ""), _code(each.text))
        for each in report.lines[:_LISTED]
    ]
    if lines:
        yield _table(("change", "line", "instruction"), lines)
    yield from (_folded(title, rows) for title, rows in _details(report) if rows)


def _details(report: CompareReport) -> Iterator[tuple[str, list[str]]]:
    files = report.files
    moved = [(each.size, f"added {_code(each.path)}") for each in files.added]
    moved += [(-each.size, f"removed {_code(each.path)}") for each in files.removed]
    moved += [
        (each.after - each.before, f"{', '.join(each.what)} of {_code(each.path)}")
        for each in files.changed
    ]
    moved.sort(key=lambda each: (-abs(each[0]), each[1]))
    counts = f"{len(files.added)} added, {len(files.removed)} removed, {len(files.changed)} changed"
    yield f"Files: {counts}", _most([f"{signed(number)} {text}" for number, text in moved])
    packages = sorted(report.packages, key=lambda each: -abs(each.size or 0))
    yield (
        f"Packages: {len(packages)}",
        _most(
            [
                f"{escaped(each.name)} ({each.manager}): {escaped(each.before or 'none')} → "
                f"{escaped(each.after or 'none')}"
                for each in packages
            ]
        ),
    )
    yield (
        f"Configuration: {len(report.config_changes)}",
        _most(
            [
                f"{escaped(f'{each.field} {each.key}'.strip())}: {_code(shown(each.before))} → "
                f"{_code(shown(each.after))}"
                for each in report.config_changes
            ]
        ),
    )


def _code(text: str) -> str:
    # A bar would end the cell of a table, even in a code span.
    return code(clipped(text, _LONGEST)).replace("|", "\\|")


def _most(rows: list[str]) -> list[str]:
    rest = len(rows) - _LISTED
    return [*rows[:_LISTED], f"… and {rest} more"] if rest > 0 else rows


def _folded(title: str, rows: list[str]) -> str:
    listed = "\n".join(f"- {row}" for row in rows)
    return f"<details><summary>{title}</summary>\n\n{listed}\n\n</details>"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines)
