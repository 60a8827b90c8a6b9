"""What building before and after showed, for people."""

from collections.abc import Iterable, Iterator

from reimage.pipeline.proving.results import BuildReport, ChangeReport, SavingReport, SideReport
from reimage.pipeline.results import FileReport
from reimage.report.building.figures import seconds, size
from reimage.report.images.figures import known_size, signed
from reimage.report.pieces import Line, Piece, counted, line
from reimage.report.visible import visible

TOGETHER = "the whole"
_NAMED = 3
"""transformations in a row of the waterfall"""


def proof_lines(report: FileReport) -> Iterable[Line]:
    """Sizes, layers and times of both images, what each part saved, and what it took to learn."""
    build = report.build
    if build is None:
        return
    before, after = build.before, build.after
    yield line(f"  built with {visible(build.builder)}", "cyan")
    yield _row("size", size(before.size), size(after.size), _percent(before.size, after.size))
    if before.compressed_size is not None and after.compressed_size is not None:
        sizes = before.compressed_size, after.compressed_size
        yield _row("compressed", size(sizes[0]), size(sizes[1]), _percent(*sizes))
    yield _row("layers", str(before.layers), str(after.layers), "")
    yield _row("build", _time(before), _time(after), "")
    if build.change:
        yield from _change(build.change)
    yield from _waterfall(build)
    yield line(f"    smoke test  {visible(build.smoke)}")
    if told := reproducible(build):
        yield line(f"    repeatable  {told}")
    yield line(f"    {counted(build.builds, 'build')} in {seconds(build.seconds)}")
    for budget in build.budgets:
        if not budget.held:
            yield line(f"    {visible(budget.message)}", "red")


def saving_cells(saving: SavingReport) -> tuple[str, ...]:
    """A row of the waterfall: bytes, compressed bytes, layers, seconds, bytes to pull again."""
    took = saving.seconds
    return (
        signed(saving.size),
        "?" if saving.compressed_size is None else signed(saving.compressed_size),
        f"{saving.layers:+}" if saving.layers else "±0",
        "?" if took is None else f"{took:+.1f}s" if abs(took) >= 0.05 else "±0",
        "" if saving.renewed is None else signed(saving.renewed),
    )


def saving_title(saving: SavingReport) -> str:
    """Which rewrites it was."""
    if not saving.names:
        return TOGETHER
    more = len(saving.names) - _NAMED
    return ", ".join(saving.names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def reproducible(build: BuildReport) -> str:
    """Whether two builds gave the same image; empty if nobody asked."""
    found = build.reproducible
    if found is None:
        return ""
    if found.same:
        digest = f" ({found.digests[0][:19]})" if found.digests[0] else ""
        return f"yes: two builds without cache gave the same image{digest}"
    if not found.files:
        return "no: two builds without cache differ, though only in times or configuration"
    more = len(found.files) - 5 + found.more_files
    names = ", ".join(visible(path) for path in found.files[:5])
    return f"no: two builds without cache differ in {names}" + (
        f" and {more} more" if more > 0 else ""
    )


def _waterfall(build: BuildReport) -> Iterator[Line]:
    if not build.savings:
        return
    heads = ("size", "compressed", "layers", "seconds", "to pull" if build.change else "")
    rows = [heads, *(saving_cells(each) for each in (*build.savings, build.saved))]
    widths = [max(len(row[at]) for row in rows) for at in range(len(heads))]
    titles = ["what each saved", *(saving_title(each) for each in build.savings), TOGETHER]
    for number, (row, title) in enumerate(zip(rows, titles, strict=True)):
        cells = "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        style = "dim" if number == 0 else "bold" if number == len(rows) - 1 else ""
        yield (Piece(f"    {cells.rstrip() if not title else cells}  {title}", style),)


def _change(change: ChangeReport) -> Iterator[Line]:
    one, two = change.before, change.after
    told = f" after an edit of {visible(change.path)}"
    yield _row("rebuild", seconds(one.seconds), seconds(two.seconds), told)
    yield _row("to pull", known_size(one.renewed), known_size(two.renewed), told)


def _row(name: str, before: str, after: str, more: str) -> Line:
    return (Piece(f"    {name:<10}  {before} to "), Piece(after, "bold"), Piece(more))


def _percent(before: int, after: int) -> str:
    return f" ({100 * (after - before) / before:+.1f} %)" if before else ""


def _time(side: SideReport) -> str:
    return f"{seconds(side.seconds)} ({side.cached_steps} of {side.steps} steps cached)"
