"""The reasons behind a patch, for people: a paragraph per file, then one line for the run."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from reimage.pipeline.results import FileReport, RewriteReport, Status
from reimage.report.pieces import Line, Piece, counted, line, wrapped
from reimage.report.visible import visible

CLAIM_STYLES = {
    "same-image": "green",
    "same-files": "green",
    "same-behaviour": "yellow",
    "changes-behaviour": "red",
}


class Voice(NamedTuple):
    """How to speak of a run.

    `command` gives the command line for a path that would include a rewrite, from that path and
    the option to add. `admitted` are the claims that the run let through.
    """

    width: int
    verbose: bool
    admitted: frozenset[str]
    command: Callable[[str, str], str]


def file_lines(report: FileReport, voice: Voice) -> list[Line]:
    """What is said of one file; nothing when there is nothing to say."""
    lines = [*_changes(report, voice), *_kept_out(report, voice)]
    if voice.verbose:
        lines += _left_alone(report, voice)
    if not lines:
        return []
    return [line(visible(report.path) + _heading(report), "bold"), *lines]


def written_lines(report: FileReport, voice: Voice) -> list[Line]:
    """One line for a file that was written; everything with `verbose` and for what was dropped."""
    if voice.verbose or any(r.status is Status.DROPPED for r in report.rewrites):
        return file_lines(report, voice)
    if not report.changed:
        return []
    names = ", ".join(dict.fromkeys(r.name for r in report.changed))
    others = [visible(path) for path in report.touched if path != report.path]
    also = f" (with {', '.join(others)})" if others else ""
    return [(Piece(visible(report.path), "bold"), Piece(f" rewritten{also}: {names}"))]


def trouble_lines(report: FileReport) -> list[Line]:
    """Why a file was not read, parsed or written: a line each, beginning with the place."""
    path = visible(report.path)
    error = Piece("error: ", "red")
    lines: list[Line] = [
        (Piece(f"{path}:{problem.line}: "), error, Piece(visible(problem.message)))
        for problem in report.problems
    ]
    if report.error is not None:
        message = visible(report.error)
        named = message.startswith(f"{path} ") or message.endswith(f" {path}.")
        where = () if named else (Piece(f"{path}: "),)
        lines.append((*where, error, Piece(message)))
    return lines


def summary_line(reports: Sequence[FileReport], *, verbose: bool) -> Line:
    """The run in one line of counts."""
    rewrites = [r for report in reports for r in report.rewrites]
    words = {
        Status.SUGGESTED: "suggested",
        Status.WRITTEN: "written",
        Status.PROVEN: "proven",
        Status.HELD_BACK: "held back",
        Status.DROPPED: "dropped",
    }
    counts = {status: sum(r.status is status for r in rewrites) for status in words}
    parts = [f"{counts[status]} {word}" for status, word in words.items() if counts[status]]
    bad = sum(bool(report.error is not None or report.problems) for report in reports)
    parts += [f"{counted(bad, 'file')} in error"] if bad else []
    text = f"{counted(len(reports), 'file')}: {', '.join(parts) or 'nothing to suggest'}"
    silent = sum(len(report.refusals) + len(report.skipped) for report in reports)
    if silent:
        text += f"; {counted(silent, 'place')} left alone"
        text += "" if verbose else " (--verbose tells why)"
    return line(text)


def _heading(report: FileReport) -> str:
    if not report.changed:
        return ""
    hunks = f" in {counted(len(report.hunks), 'hunk')}" if report.hunks else ""
    return f": {counted(len(report.changed), 'rewrite')}{hunks}"


def _changes(report: FileReport, voice: Voice) -> list[Line]:
    by_id = {rewrite.id: rewrite for rewrite in report.changed}
    first_hunk: dict[str, int] = {}
    lines: list[Line] = []
    for hunk in report.hunks:
        lines.append(line(f"  hunk {hunk.number}", "cyan"))
        for rewrite in (by_id[each] for each in hunk.reasons if each in by_id):
            told = first_hunk.setdefault(rewrite.id, hunk.number)
            message = rewrite.message if told == hunk.number else f"(see hunk {told})"
            lines += _rewrite(rewrite, message, voice)
    for rewrite in report.changed:
        if rewrite.id not in first_hunk:
            lines += _rewrite(rewrite, rewrite.message, voice)
    return lines


def _kept_out(report: FileReport, voice: Voice) -> list[Line]:
    held: dict[str, list[RewriteReport]] = {}
    for rewrite in report.rewrites:
        if rewrite.status is Status.HELD_BACK:
            held.setdefault(_missing_option(rewrite, voice), []).append(rewrite)
    lines: list[Line] = []
    for option, rewrites in held.items():
        lines += _held_heading(report.path, option, voice)
        for rewrite in rewrites:
            lines += _rewrite(rewrite, _with_reason(rewrite, told=bool(option)), voice)
    dropped = [r for r in report.rewrites if r.status is Status.DROPPED]
    lines += [line("  dropped", "red")] if dropped else []
    for rewrite in dropped:
        lines += _rewrite(rewrite, _with_reason(rewrite, told=False), voice)
    return lines


def _held_heading(path: str, option: str, voice: Voice) -> Iterable[Line]:
    yield line("  held back; to include:" if option else "  held back", "cyan")
    if option:
        yield line(f"    {visible(voice.command(path, option))}")


def _missing_option(rewrite: RewriteReport, voice: Voice) -> str:
    if rewrite.included_by is not None:
        return rewrite.included_by
    return "" if rewrite.claim in voice.admitted else f"--allow {rewrite.claim}"


def _with_reason(rewrite: RewriteReport, *, told: bool) -> str:
    reason = "" if told or rewrite.reason is None else f" ({rewrite.reason})"
    return rewrite.message + reason


def _rewrite(rewrite: RewriteReport, message: str, voice: Voice) -> list[Line]:
    head = (
        Piece(f"    line {rewrite.line}  "),
        Piece(rewrite.name, "bold"),
        Piece("  "),
        Piece(rewrite.claim, CLAIM_STYLES.get(rewrite.claim, "")),
        Piece("  "),
    )
    return wrapped(head, visible(message), width=voice.width, indent=6)


def _left_alone(report: FileReport, voice: Voice) -> list[Line]:
    places = [(r.line, r.name, r.message) for r in report.refusals]
    places += [(s.line, s.name, f"not judged: needs {s.need}") for s in report.skipped]
    lines = [line("  left alone", "cyan")] if places else []
    for number, name, message in sorted(places):
        head = (Piece(f"    line {number}  "), Piece(name, "bold"), Piece("  "))
        lines += wrapped(head, visible(message), width=voice.width, indent=6)
    return lines
