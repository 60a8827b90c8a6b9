"""Applies rewrites until nothing changes.

One pass looks at the facts with every transformation, applies the rewrites that do not overlap and
reads the result again. A rewrite whose result BuildKit would reject, or that changes a field of the
image configuration which its transformation does not declare, is dropped and reported.
"""

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from reimage.dockerfile import Dockerfile, parse_edited
from reimage.model import ContextFacts, Facts, ImageFacts
from reimage.rewriting.guard import undeclared_change
from reimage.rewriting.origins import Origins
from reimage.rewriting.suppression import Suppressions
from reimage.rewriting.transformation import (
    Claim,
    Refusal,
    Rewrite,
    Skipped,
    Transformation,
)
from reimage.text import Span, apply_edits, overlap

MOST_PASSES = 12


class Identified(NamedTuple):
    """A finding with its place in the original file and an identity that survives the passes."""

    id: str
    transformation: Transformation
    original: Span
    claim: Claim
    finding: Rewrite
    builds_on: tuple[str, ...] = ()
    touched: tuple[Span, ...] = ()


class Dropped(NamedTuple):
    """A rewrite that was not applied although it was admitted, and why."""

    rewrite: Identified
    reason: str


class Remark(NamedTuple):
    """A refusal or a missing fact, at its place in the original file."""

    transformation: Transformation
    original: Span
    finding: Refusal | Skipped


@dataclass(slots=True)
class Outcome:
    """What came of a Dockerfile. Spans in it speak of `source`.

    `files` holds the new text of other files, by path relative to the context. `held_back` are the
    rewrites that `allow` did not admit.
    """

    source: str
    text: str
    files: dict[str, str] = field(default_factory=dict)
    applied: list[Identified] = field(default_factory=list)
    held_back: list[Identified] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    converged: bool = True


def rewrite(
    tree: Dockerfile,
    transformations: Sequence[Transformation],
    *,
    allow: Claim = Claim.SAME_BEHAVIOUR,
    context: ContextFacts | None = None,
    images: ImageFacts | None = None,
    without: Collection[str] = (),
) -> Outcome:
    """Rewrite a Dockerfile that has no problems to a fixed point.

    `allow` is the weakest claim that is applied; `without` are the ids of rewrites to leave out.
    """
    run = _Run(Facts(tree, context, images), transformations, allow, frozenset(without))
    while run.outcome.converged and run.apply_a_pass():
        pass
    return run.outcome


class _Run:
    def __init__(
        self,
        facts: Facts,
        transformations: Sequence[Transformation],
        allow: Claim,
        without: frozenset[str],
    ) -> None:
        self.transformations = transformations
        self.allow = allow
        self.without = set(without)
        self.facts = facts
        source = facts.dockerfile.source
        self.origins = Origins.unchanged(len(source))
        self.outcome = Outcome(source, source)
        self.taken: set[str] = set()
        self.seen: set[str] = set()
        self.passes = 0

    def apply_a_pass(self) -> bool:
        """Whether something was applied, so that another look is due."""
        rewrites = self._look()
        admitted = [r for r in rewrites if r.claim <= self.allow]
        self.outcome.held_back = [r for r in rewrites if r.claim > self.allow]
        if not admitted:
            return False
        self.passes += 1
        if self.passes > MOST_PASSES:
            self.outcome.converged = False
            return False
        return self._apply(without_overlaps(admitted))

    def _look(self) -> list[Identified]:
        suppressions = Suppressions(self.facts.dockerfile)
        rewrites: list[Identified] = []
        self.seen = set(self.taken)
        self.outcome.remarks = []
        for transformation in self.transformations:
            for finding in transformation(self.facts):
                if suppressions.covers(transformation, finding.at):
                    continue
                original = self.origins.original(finding.at)
                if not isinstance(finding, Rewrite):
                    self.outcome.remarks.append(Remark(transformation, original, finding))
                    continue
                identified = self._identify(transformation, finding, original)
                if identified.id not in self.without:
                    rewrites.append(identified)
        return rewrites

    def _identify(
        self, transformation: Transformation, finding: Rewrite, original: Span
    ) -> Identified:
        claim = transformation.claim
        if finding.claim is not None:
            claim = max(claim, finding.claim)
        stem = f"{transformation.title}:{original.start}-{original.end}"
        number, id = 1, stem
        while id in self.seen:
            number += 1
            id = f"{stem}#{number}"
        self.seen.add(id)
        spans = [edit.span for edit in finding.edits]
        makers = (maker for span in spans for maker in self.origins.makers(span))
        touched = tuple(self.origins.original(span) for span in spans)
        return Identified(
            id, transformation, original, claim, finding, tuple(dict.fromkeys(makers)), touched
        )

    def _apply(self, chosen: list[Identified]) -> bool:
        facts, reason = self._attempt(chosen)
        if facts is None and len(chosen) > 1:
            # One of them is guilty; the others are applied, or blamed in turn, in later passes.
            return self._apply(self._innocent(chosen))
        if facts is None:
            self._drop(chosen[0], reason)
            return True
        self._take(chosen, facts)
        return True

    def _innocent(self, chosen: list[Identified]) -> list[Identified]:
        """Those that do no harm alone; the first one when each is harmless alone."""
        innocent: list[Identified] = []
        for one in chosen:
            facts, reason = self._attempt([one])
            if facts is None:
                self._drop(one, reason)
            else:
                innocent.append(one)
        return innocent[:1] if len(innocent) == len(chosen) else innocent

    def _attempt(self, chosen: list[Identified]) -> tuple[Facts | None, str]:
        edits = (edit for one in chosen for edit in one.finding.edits)
        parsed = parse_edited(self.facts.dockerfile, edits)
        if parsed.problems:
            return None, f"the result would not parse: {parsed.problems[0].message}"
        may_change = {name for one in chosen for name in one.transformation.may_change}
        facts = self.facts.following(parsed.tree, self._context(chosen))
        change = undeclared_change(self.facts, facts, may_change)
        return (None, change) if change else (facts, "")

    def _drop(self, one: Identified, reason: str) -> None:
        self.without.add(one.id)
        self.outcome.dropped.append(Dropped(one, reason))

    def _take(self, chosen: list[Identified], facts: Facts) -> None:
        edits = [(edit, one.id) for one in chosen for edit in one.finding.edits]
        self.origins = self.origins.after(edits, self.facts.dockerfile.source)
        self.taken.update(one.id for one in chosen)
        self.outcome.applied += chosen
        self.outcome.text = facts.dockerfile.source
        for path in dict.fromkeys(path for one in chosen for path in one.finding.files):
            if facts.context:
                self.outcome.files[path] = facts.context.texts[path]
        self.facts = facts

    def _context(self, chosen: list[Identified]) -> ContextFacts | None:
        """The context once the other files are edited as well."""
        context = self.facts.context
        edited = [one.finding.files for one in chosen if one.finding.files]
        if context is None or not edited:
            return context
        texts = dict(context.texts)
        for files in edited:
            for path, edits in files.items():
                texts[path] = apply_edits(texts.get(path, ""), edits)
        return context._replace(texts=texts)


def _order(one: Identified) -> tuple[int, Claim, str]:
    return one.finding.at.start, one.claim, one.transformation.name


def without_overlaps(rewrites: Iterable[Identified]) -> list[Identified]:
    """The rewrites that one pass can apply: earlier place first, then stronger claim, then name."""
    chosen: list[Identified] = []
    dockerfile: list[Span] = []
    files: set[str] = set()
    for one in sorted(rewrites, key=_order):
        spans = [edit.span for edit in one.finding.edits]
        if any(_is_taken(span, dockerfile) for span in spans):
            continue
        if not files.isdisjoint(one.finding.files):
            continue
        for span in spans:
            insort(dockerfile, span)
        files.update(one.finding.files)
        chosen.append(one)
    return chosen


def _is_taken(span: Span, taken: list[Span]) -> bool:
    """Whether one of `taken`, which are in order and apart, gets in the way of `span`."""
    at = bisect_left(taken, span)
    return any(overlap(span, other) for other in taken[max(at - 1, 0) : at + 1])
