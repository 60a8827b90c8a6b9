"""An outcome as patches and as contents of files, whole or with some hunks left out."""

from __future__ import annotations

from dataclasses import replace

from reimage.dockerfile import parse
from reimage.model import ContextFacts
from reimage.pipeline.errors import UsageError
from reimage.pipeline.reporting import Names, file_report
from reimage.pipeline.results import FileReport, Status
from reimage.rewriting import Outcome
from reimage.rewriting.patches import Patch, apply_hunks, make_patch
from reimage.text import encode


def contents(outcome: Outcome, names: Names) -> dict[str, bytes]:
    """What is to be written, by the path of each file."""
    found = {names.others[path]: encode(text) for path, text in outcome.files.items()}
    if outcome.text != outcome.source:
        found[names.dockerfile] = encode(outcome.text)
    return found


def _before(path: str, context: ContextFacts | None) -> str | None:
    return context.texts.get(path) if context else None


def patches(outcome: Outcome, names: Names, context: ContextFacts | None) -> list[Patch]:
    """The Dockerfile's first, then those of the other files; hunks are numbered through."""
    made = [make_patch(names.dockerfile, outcome.source, outcome.text)]
    for path, text in sorted(outcome.files.items()):
        number = sum(len(patch.hunks) for patch in made) + 1
        before = _before(path, context)
        made.append(make_patch(names.others[path], before, text, first_number=number))
    return made


def only_hunks(
    report: FileReport,
    outcome: Outcome,
    names: Names,
    made: list[Patch],
    context: ContextFacts | None,
    numbers: tuple[int, ...],
) -> tuple[FileReport, dict[str, bytes]]:
    """The same with some hunks left out. What remains must still be a Dockerfile."""
    last = sum(len(patch.hunks) for patch in made)
    missing = [number for number in numbers if not 1 <= number <= last]
    if missing:
        there = f"there are {last}" if last else "there are none"
        raise UsageError(
            f"There is no hunk {missing[0]} in the patch of {names.dockerfile}: {there}."
        )
    _refuse_halves(report, numbers)
    kept = replace(outcome, files={})
    kept.text = apply_hunks(outcome.source, made[0], numbers)
    for path, patch in zip(sorted(outcome.files), made[1:], strict=True):
        if any(hunk.number in numbers for hunk in patch.hunks):
            kept.files[path] = apply_hunks(_before(path, context), patch, numbers)
    if problems := parse(kept.text).problems:
        message = (
            f"With only these hunks {names.dockerfile} would not build: {problems[0].message}."
        )
        return FileReport(names.dockerfile, error=message), {}
    reasons = {id for hunk in report.hunks if hunk.number in numbers for id in hunk.reasons}
    again = file_report(kept, names, patches(kept, names, context), Status.SUGGESTED)
    rewrites = tuple(
        one
        if one.id in reasons or one.status in (Status.HELD_BACK, Status.DROPPED)
        else one._replace(status=Status.HELD_BACK, reason="its hunk was not chosen")
        for one in report.rewrites
    )
    return again._replace(rewrites=rewrites), contents(kept, names)


def _refuse_halves(report: FileReport, numbers: tuple[int, ...]) -> None:
    """A rewrite that moves something has a hunk where it goes and one where it comes from."""
    for one in report.changed:
        hunks = [hunk.number for hunk in report.hunks if one.id in hunk.reasons]
        left_out = [number for number in hunks if number not in numbers]
        if left_out and len(left_out) < len(hunks):
            together = ", ".join(map(str, hunks))
            raise UsageError(
                f"The hunks {together} of {report.path} are one {one.name}: take all or none."
            )
