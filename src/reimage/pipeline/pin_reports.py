"""What became of the images of one file, as the report that `optimize` makes too."""

from __future__ import annotations

from reimage.dockerfile import parse
from reimage.model.images.pins import Changed, Stays, Unasked
from reimage.pipeline.pin_subjects import PIN, Decisions, Image, Subject
from reimage.pipeline.results import (
    EditReport,
    FileReport,
    HunkReport,
    RefusalReport,
    RewriteReport,
    SkippedReport,
    Status,
)
from reimage.rewriting import Claim, Evidence
from reimage.rewriting.patches import make_patch
from reimage.text import Edit, LineIndex, apply_edits

_NEED = "the registry"


def report_of(subject: Subject, decisions: Decisions, *, write: bool) -> tuple[FileReport, str]:
    """The report, and the text with all changes made."""
    status = Status.WRITTEN if write else Status.SUGGESTED
    changes: list[tuple[Edit, RewriteReport]] = []
    refusals: list[RefusalReport] = []
    skipped: list[SkippedReport] = []
    for image, decision in decisions:
        match decision:
            case Changed():
                assert isinstance(image, Image)
                edit = image.edit(decision.text)
                if edit is None:
                    part = image.variable or "what is written here"
                    message = f"{part} holds only a part of {image.reference}"
                    refusals.append(RefusalReport(PIN, image.line, message))
                else:
                    changes.append((edit, _rewrite(subject, image, decision, edit, status)))
            case Stays(reason=reason):
                refusals.append(RefusalReport(PIN, image.line, reason))
            case Unasked():
                skipped.append(SkippedReport(PIN, image.line, _NEED))
            case None:
                continue
    text = apply_edits(subject.text, (edit for edit, _ in changes))
    if subject.tree and (problems := parse(text).problems):
        message = f"{subject.name} is left as it is: it would not parse ({problems[0].message})."
        return FileReport(subject.name, error=message), subject.text
    report = FileReport(
        subject.name,
        rewrites=tuple(rewrite for _, rewrite in changes),
        refusals=tuple(dict.fromkeys(refusals)),
        skipped=tuple(dict.fromkeys(skipped)),
    )
    return (_with_patch(report, subject, text, changes) if changes else report), text


def _rewrite(
    subject: Subject, image: Image, change: Changed, edit: Edit, status: Status
) -> RewriteReport:
    claim = Claim.SAME_IMAGE if change.fresh else Claim.CHANGES_BEHAVIOUR
    where = f", in the default of {image.variable}" if image.variable else ""
    return RewriteReport(
        id=f"{PIN}:{image.span.start}-{image.span.end}",
        name=PIN,
        line=image.line,
        end_line=image.line,
        claim=claim.label,
        evidence=Evidence.FACTS.value,
        message=change.message + where,
        status=status,
        edits=(EditReport(subject.name, *edit.span, edit.text),),
    )


def _with_patch(
    report: FileReport, subject: Subject, text: str, changes: list[tuple[Edit, RewriteReport]]
) -> FileReport:
    patch = make_patch(subject.name, subject.text, text)
    lines = LineIndex(subject.text)
    hunks = [
        HunkReport(
            hunk.number,
            min(hunk.lines, default=1),
            hunk.text,
            tuple(
                rewrite.id for edit, rewrite in changes if lines.line(edit.span.start) in hunk.lines
            ),
        )
        for hunk in patch.hunks
    ]
    return report._replace(patch=patch.text, hunks=tuple(hunks), touched=(subject.name,))
