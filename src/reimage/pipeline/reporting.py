"""Turns the outcome of a rewrite into what reports read: lines of the original file."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reimage.pipeline.results import (
    EditReport,
    FileReport,
    HunkReport,
    ProblemReport,
    RefusalReport,
    RewriteReport,
    SkippedReport,
    Status,
)
from reimage.rewriting import Evidence, Identified, Outcome, Refusal
from reimage.rewriting.patches import Hunk, Patch
from reimage.text import LineIndex, Span


class Names(NamedTuple):
    """What the files of a run are called: the Dockerfile, and the others by path in the context."""

    dockerfile: str
    others: dict[str, str]


def file_report(
    outcome: Outcome, names: Names, patches: Sequence[Patch], status: Status
) -> FileReport:
    """The report on a Dockerfile that has no problems."""
    lines = LineIndex(outcome.source)
    rewrites = [_rewrite(one, names, lines, status) for one in sorted(outcome.applied, key=_place)]
    rewrites += [
        _rewrite(dropped.rewrite, names, lines, Status.DROPPED, dropped.reason)
        for dropped in outcome.dropped
    ]
    rewrites += [
        _rewrite(one, names, lines, Status.HELD_BACK, f"its claim is {one.claim.label}")
        for one in outcome.held_back
    ]
    return FileReport(
        names.dockerfile,
        patch="".join(patch.text for patch in patches),
        hunks=tuple(_hunks(outcome, names, patches, lines)),
        rewrites=tuple(rewrites),
        refusals=tuple(_refusals(outcome, lines)),
        skipped=tuple(_skipped(outcome, lines)),
        touched=tuple(patch.path for patch in patches if patch.text),
    )


def as_proved(report: FileReport, unchecked: Iterable[Identified], lines: LineIndex) -> FileReport:
    """The report on a file that was built; `unchecked` are rewrites of what no build showed."""
    names = Names(report.path, {})
    built = tuple(
        one._replace(evidence=Evidence.BUILT.value) if one in report.changed else one
        for one in report.rewrites
    )
    unbuilt = tuple(
        _rewrite(one, names, lines, Status.HELD_BACK, _UNBUILT)._replace(included_by="")
        for one in unchecked
    )
    return report._replace(rewrites=built + unbuilt)


_UNBUILT = "its stage is not part of what was built, so that nothing was shown"


def problem_reports(
    problems: Iterable[tuple[Span, str]], lines: LineIndex
) -> tuple[ProblemReport, ...]:
    return tuple(ProblemReport(lines.line(span.start), message) for span, message in problems)


def _last_line(lines: LineIndex, span: Span) -> int:
    return lines.line(max(span.start, span.end - 1))


def _rewrite(
    one: Identified, names: Names, lines: LineIndex, status: Status, reason: str | None = None
) -> RewriteReport:
    finding = one.finding
    edits = [EditReport(names.dockerfile, *span, text) for span, text in finding.edits]
    edits += [
        EditReport(names.others.get(path, path), *span, text)
        for path, others in finding.files.items()
        for span, text in others
    ]
    return RewriteReport(
        id=one.id,
        name=one.transformation.title,
        line=lines.line(one.original.start),
        end_line=_last_line(lines, one.original),
        claim=one.claim.label,
        evidence=finding.evidence.value,
        message=finding.message,
        status=status,
        edits=tuple(edits),
        builds_on=one.builds_on,
        reason=reason,
        included_by=f"--allow {one.claim.label}" if status is Status.HELD_BACK else None,
    )


def _refusals(outcome: Outcome, lines: LineIndex) -> Iterable[RefusalReport]:
    return dict.fromkeys(
        RefusalReport(
            remark.transformation.title, lines.line(remark.original.start), remark.finding.message
        )
        for remark in outcome.remarks
        if isinstance(remark.finding, Refusal)
    )


def _skipped(outcome: Outcome, lines: LineIndex) -> Iterable[SkippedReport]:
    return dict.fromkeys(
        SkippedReport(
            remark.transformation.title, lines.line(remark.original.start), remark.finding.need
        )
        for remark in outcome.remarks
        if not isinstance(remark.finding, Refusal)
    )


def _hunks(
    outcome: Outcome, names: Names, patches: Sequence[Patch], lines: LineIndex
) -> Iterable[HunkReport]:
    for patch in patches:
        if patch.path == names.dockerfile:
            makers = _makers(outcome, patch.hunks, lines)
        else:
            ids = tuple(
                one.id
                for one in outcome.applied
                if any(names.others.get(path) == patch.path for path in one.finding.files)
            )
            makers = [ids] * len(patch.hunks)
        for hunk, reasons in zip(patch.hunks, makers, strict=True):
            yield HunkReport(hunk.number, min(hunk.lines, default=1), hunk.text, reasons)


def _place(one: Identified) -> Span:
    return one.original


def _makers(outcome: Outcome, hunks: Sequence[Hunk], lines: LineIndex) -> list[tuple[str, ...]]:
    """For each hunk the rewrites whose edits fall into the lines that it covers."""
    starts = [hunk.start for hunk in hunks]
    end = lines.line(max(len(outcome.source) - 1, 0))
    makers: list[dict[str, None]] = [{} for _ in hunks]
    for one in sorted(outcome.applied, key=_place):
        for span in one.touched:
            # What comes behind the last line belongs to the hunk that ends with it.
            first, last = min(lines.line(span.start), end), _last_line(lines, span)
            at = max(bisect_left(starts, first) - 1, 0)
            for number in range(at, bisect_right(starts, last)):
                if starts[number] + max(hunks[number].length - 1, 0) >= first:
                    makers[number][one.id] = None
    return [tuple(ids) for ids in makers]
