"""One rewritten file, built and compared with the original."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reimage.pipeline.proving.refused import NotBuilt, NotProvable
from reimage.rewriting import Claim, Outcome
from reimage.verify.files import differing_paths
from reimage.verify.same_behaviour import missing_files, same_behaviour
from reimage.verify.same_files import same_files
from reimage.verify.same_image import same_image
from reimage.verify.smoke.judging import Seen, differences

if TYPE_CHECKING:
    from reimage.verify.smoke.plan import SmokeTest
    from reimage.verify.subjects import Subject

_TOLD = 3
"""differences named in a reason"""


class Variant(Protocol):
    """A file that was built."""

    @property
    def subject(self) -> Subject: ...

    @property
    def is_seen_early(self) -> bool:
        """Whether the smoke test ran while others were built."""
        ...

    def smoke(self, expected: Seen | None, *, anew: bool = False) -> Seen:
        """Run the smoke test on it; once, however often it is asked for, unless `anew`."""
        ...


class Bench(Protocol):
    """What builds."""

    @property
    def original(self) -> Variant:
        """The file as it was."""
        ...

    def original_again(self, doubt: str) -> Variant:
        """The original, built anew without a cache. `doubt` is why, as part of a sentence."""
        ...

    def built(self, outcome: Outcome) -> Variant:
        """A rewritten file, built once. Raises NotBuilt."""
        ...

    def build_together(self, outcomes: Sequence[Outcome]) -> None:
        """Begin to build them, as they will be asked for."""
        ...


@dataclass(slots=True)
class Trial:
    """Tries rewritten files on a bench, as `search` asks for it."""

    bench: Bench
    test: SmokeTest
    _noise: frozenset[str] | None = None

    def prepare(self, outcomes: Sequence[Outcome]) -> None:
        """Begin to build them."""
        self.bench.build_together([each for each in outcomes if each.text != each.source])

    def fails(self, outcome: Outcome, claim: Claim, *, blames: bool = True) -> str:
        """Why it does not keep the claim; "" if it does."""
        if outcome.text == outcome.source and not outcome.files:
            return ""
        try:
            variant = self.bench.built(outcome)
        except NotBuilt as error:
            if error.is_network:
                raise NotProvable(f"A rewritten file does not build: {error}.") from error
            return str(error)
        declared = {name for one in outcome.applied for name in one.transformation.may_change}
        told = self._differences(variant.subject, claim, declared, blames=blames)
        told = told or self._smoke(variant, claim)
        more = f" and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
        return "; ".join(told[:_TOLD]) + more

    def _differences(
        self, after: Subject, claim: Claim, declared: Collection[str], *, blames: bool
    ) -> list[str]:
        before = self.bench.original.subject
        if claim is Claim.SAME_BEHAVIOUR:
            return same_behaviour(before, after, declared=declared)
        if claim is Claim.CHANGES_BEHAVIOUR:
            return missing_files(before, after)
        compare = _COMPARISONS[claim]
        told = compare(before, after, declared=declared)
        if blames and any(sentence.startswith("/") for sentence in told):
            # Before somebody is blamed: does the original itself come out the same twice?
            told = compare(before, after, declared=declared, noise=self._not_repeated(told))
        return told

    def _not_repeated(self, told: Sequence[str]) -> frozenset[str]:
        if self._noise is None:
            doubt = next(sentence for sentence in told if sentence.startswith("/"))
            again = self.bench.original_again(doubt).subject
            self._noise = differing_paths(self.bench.original.subject, again)
        return self._noise

    def _smoke(self, after: Variant, claim: Claim) -> list[str]:
        before = self.bench.original
        same = before.subject.image.config == after.subject.image.config
        if claim is Claim.SAME_IMAGE and same:
            return []  # equal files with an equal command: there is nothing to see
        expected = before.smoke(None)
        told = differences(self.test, expected, after.smoke(expected))
        if told and before.is_seen_early:
            expected = before.smoke(None, anew=True)
            told = differences(self.test, expected, after.smoke(expected, anew=True))
        return told


_COMPARISONS: dict[Claim, Callable[..., list[str]]] = {
    Claim.SAME_IMAGE: same_image,
    Claim.SAME_FILES: same_files,
}
