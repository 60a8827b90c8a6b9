"""What building before and after showed, as Markdown."""

from collections.abc import Iterator, Sequence

from reimage.pipeline.proving.results import BuildReport
from reimage.report.building.figures import seconds, size
from reimage.report.images.figures import known_size, percent
from reimage.report.pieces import counted
from reimage.report.proof import reproducible, saving_cells, saving_title


def figures(build: BuildReport) -> Iterator[tuple[str, str, str, str]]:
    """Name, before, after, and the difference in percent where there is a point in it."""
    before, after = build.before, build.after
    yield "size", size(before.size), size(after.size), _change(before.size, after.size)
    sizes = before.compressed_size, after.compressed_size
    yield "compressed", known_size(sizes[0]), known_size(sizes[1]), _change(*sizes)
    yield "layers", str(before.layers), str(after.layers), ""
    yield "build", seconds(before.seconds), seconds(after.seconds), ""
    if change := build.change:
        one, two = change.before, change.after
        yield "rebuild after an edit", seconds(one.seconds), seconds(two.seconds), ""
        told = known_size(one.renewed), known_size(two.renewed)
        yield "to pull after it", *told, _change(one.renewed, two.renewed)


def _change(before: int | None, after: int | None) -> str:
    if not before or after is None:
        return ""
    return percent(100 * (after - before) / before)


def notes(build: BuildReport) -> Iterator[str]:
    """What else there is to say, a sentence each."""
    yield f"Smoke test: {build.smoke}."
    if build.change:
        yield f"Edited file: {build.change.path}."
    if told := reproducible(build):
        yield f"Repeatable: {told}."
    yield f"{counted(build.builds, 'build')} with {build.builder} in {seconds(build.seconds)}."
    for budget in build.budgets:
        if not budget.held:
            yield f"Budget not held: {budget.message}."


def waterfall(build: BuildReport) -> tuple[list[str], list[list[str]]]:
    """Head and rows of what each part saved; the last row is the whole."""
    head = ["rewrites", "size", "compressed", "layers", "seconds", "to pull"]
    rows = [[saving_title(each), *saving_cells(each)] for each in (*build.savings, build.saved)]
    return head, rows


def proof_markdown(build: BuildReport) -> Iterator[str]:
    """Paragraphs and tables."""
    from reimage.report.markdown import escaped

    yield _table(["", "before", "after", ""], figures(build))
    if build.savings:
        yield _table(*waterfall(build))
    yield "\n".join(f"- {escaped(each)}" for each in notes(build))


def _table(head: Sequence[str], rows: "Iterator[Sequence[str]] | Sequence[Sequence[str]]") -> str:
    from reimage.report.markdown import escaped

    lines = [list(head), ["---", *["---:"] * (len(head) - 1)]]
    lines += [[escaped(cell) for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
