"""What building before and after showed, for people."""

from collections.abc import Iterable

from reimage.pipeline.results import FileReport, SideReport
from reimage.report.building.figures import seconds, size
from reimage.report.pieces import Line, Piece, counted, line
from reimage.report.visible import visible


def proof_lines(report: FileReport) -> Iterable[Line]:
    """Sizes, layers and times of both images, and what it took to learn them."""
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
    yield line(f"    smoke test  {visible(build.smoke)}")
    yield line(f"    {counted(build.builds, 'build')} in {seconds(build.seconds)}")


def _row(name: str, before: str, after: str, more: str) -> Line:
    return (Piece(f"    {name:<10}  {before} to "), Piece(after, "bold"), Piece(more))


def _percent(before: int, after: int) -> str:
    return f" ({100 * (after - before) / before:+.1f} %)" if before else ""


def _time(side: SideReport) -> str:
    return f"{seconds(side.seconds)} ({side.cached_steps} of {side.steps} steps cached)"
