"""What an optimize run found, as plain data that every report reads. Nothing here prints.

Lines are 1-based and speak of the original file. Sizes are bytes, times seconds.
"""

import enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from reimage.pipeline.proving.results import BuildReport


class Status(enum.StrEnum):
    """What became of a rewrite."""

    SUGGESTED = "suggested"
    WRITTEN = "written"
    PROVEN = "proven"
    HELD_BACK = "held-back"
    DROPPED = "dropped"


class EditReport(NamedTuple):
    """One edit of one file: characters `start` to `end` become `text`.

    Offsets speak of the file as the rewrite met it, after the rewrites it builds on.
    """

    path: str
    start: int
    end: int
    text: str


class RewriteReport(NamedTuple):
    """A rewrite. `id` is stable over runs on the same file; `reason` says why it was not applied.

    `included_by` is the option that would apply one that was held back, as typed
    ("--allow changes-behaviour").
    """

    id: str
    name: str
    line: int
    end_line: int
    claim: str
    evidence: str
    message: str
    status: Status
    edits: tuple[EditReport, ...] = ()
    builds_on: tuple[str, ...] = ()
    reason: str | None = None
    included_by: str | None = None


class RefusalReport(NamedTuple):
    name: str
    line: int
    message: str


class SkippedReport(NamedTuple):
    name: str
    line: int
    need: str


class ProblemReport(NamedTuple):
    line: int
    message: str


class ViolationReport(NamedTuple):
    """An image that the configured policy does not allow."""

    line: int
    message: str


class HunkReport(NamedTuple):
    """A hunk of the patch: `text` starts at its @@ line, `reasons` are the ids of its rewrites."""

    number: int
    line: int
    text: str
    reasons: tuple[str, ...]


class FileReport(NamedTuple):
    """One Dockerfile.

    `patch` is a unified diff over all `touched` paths, empty when there is nothing to change.
    `error` is one sentence when the file could not be read, parsed or written; the rest is then
    empty. `problems` are places BuildKit would reject: such a file is never edited.
    """

    path: str
    patch: str = ""
    hunks: tuple[HunkReport, ...] = ()
    rewrites: tuple[RewriteReport, ...] = ()
    refusals: tuple[RefusalReport, ...] = ()
    skipped: tuple[SkippedReport, ...] = ()
    problems: tuple[ProblemReport, ...] = ()
    touched: tuple[str, ...] = ()
    error: str | None = None
    violations: tuple[ViolationReport, ...] = ()
    build: "BuildReport | None" = None
    """What building before and after showed, where they were built."""

    @property
    def changed(self) -> tuple[RewriteReport, ...]:
        """The rewrites that are in the patch or were written."""
        return tuple(r for r in self.rewrites if r.status in _CHANGING)

    @property
    def failed(self) -> bool:
        """Whether the file could not be judged."""
        return self.error is not None or bool(self.problems)


class RunReport(NamedTuple):
    """All files of one run."""

    tool_version: str
    files: tuple[FileReport, ...]


_CHANGING = (Status.SUGGESTED, Status.WRITTEN, Status.PROVEN)
