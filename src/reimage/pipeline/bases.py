"""Images that may do in place of one, ranked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reimage.model.images.answers import Unresolved
from reimage.model.images.comparing import Comparison, Known, compare
from reimage.model.images.facts import BaseImage
from reimage.model.images.policy import Policy, is_from, violations
from reimage.model.images.references import NoReference, Reference, parse_reference
from reimage.model.images.relatives import TRUSTED, Relative, relatives, tags_of_the_same_version
from reimage.model.scans.counts import Counts, too_many
from reimage.pipeline.base_facts import one_base
from reimage.pipeline.bases_results import (
    BasesReport,
    CandidateReport,
    MissingReport,
    image_report,
)
from reimage.pipeline.config import Config, ConfigError, find_config, load_config
from reimage.pipeline.errors import UsageError
from reimage.pipeline.registries import RegistryOptions, open_registry
from reimage.pipeline.scans import Report, Scans, read_scans

if TYPE_CHECKING:
    from reimage.registry.client import Registry

_MOST_TAGS = 12
_UNSCANNED = (math.inf, math.inf)
"""As many severe vulnerabilities as can be: without reports all are alike in this."""


class _Candidate(NamedTuple):
    known: Known
    kind: str
    comparison: Comparison
    trusted: bool
    violations: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    report: Report | None = None

    @property
    def place(self) -> tuple[object, ...]:
        """What fits comes before what is small, and what is small before what is new."""
        created, facts = self.known.created, self.known.facts
        return (
            bool(self.violations),
            _doubt(self.comparison.same_runtime),
            _doubt(self.comparison.same_libc),
            not self.trusted,
            self.report.scan.counts.severe if self.report else _UNSCANNED,
            math.inf if facts is None else facts.size,
            facts.layers if facts else 0,
            -created.timestamp() if created else 0.0,
            str(self.known.image),
        )


class Limits(NamedTuple):
    """What the command line asks for: reports of scanners, and the most vulnerabilities allowed.

    Without `policed` nothing is excluded.
    """

    scans: tuple[str, ...] = ()
    max_vulnerabilities: tuple[tuple[str, int], ...] = ()
    policed: bool = True


_NO_LIMITS = Limits()


def find_bases(
    text: str, options: RegistryOptions, *, config: Path | None = None, limits: Limits = _NO_LIMITS
) -> BasesReport:
    """What may take the place of the image `text`. Raises UsageError for what is no image."""
    image = parse_reference(text)
    if isinstance(image, NoReference):
        raise UsageError(f"{text} is no image: {image.reason}.")
    settings = _config(config)
    scans = read_scans(limits.scans)
    with open_registry(options, settings.registry) as registry:
        listed, notes = _others(registry, image, options)
        wanted = [image, *(each.image for each in listed)]
        answers = _ask(registry, wanted)
        notes += registry.passed_over
    if isinstance(answers[0], Unresolved):
        notes.append(_unknown(image, answers[0], options))
    missing, found = [], []
    for relative, answer in zip(listed, answers[1:], strict=True):
        if isinstance(answer, Unresolved) and not options.offline:
            missing.append(MissingReport(str(relative.image), relative.kind, answer.reason))
        else:
            found.append(_Named(Known(relative.image, _facts(answer)), relative.kind))
    judge = _Judge(settings, limits, scans)
    origin, report = judge.scanned(_Named(Known(image, _facts(answers[0])), ""))
    candidates = [judge.candidate(origin, each) for each in _without_aliases(origin, found)]
    ranked = sorted(candidates, key=lambda each: each.place)
    return BasesReport(
        image_report(origin, report),
        tuple(_report(number, each) for number, each in enumerate(ranked, 1)),
        tuple(missing),
        (*notes, *scans.notes),
        isinstance(answers[0], Unresolved) and not options.offline,
        tuple(judge.over_limit(origin.vulnerabilities)) if report else (),
    )


def _config(path: Path | None) -> Config:
    try:
        found = path or find_config(Path.cwd())
        return load_config(found) if found else Config()
    except ConfigError as error:
        raise UsageError(str(error)) from error


def _others(
    registry: Registry, image: Reference, options: RegistryOptions
) -> tuple[list[Relative], list[str]]:
    """The relatives of the catalogue, and the tags of the image's own repository."""
    from reimage.registry.errors import RegistryError
    from reimage.registry.listing import tags

    listed, notes = list(relatives(image)), []
    if not options.offline:
        try:
            found = tags_of_the_same_version(image, list(tags(registry, image)), _MOST_TAGS)
            known = {each.image.tagged for each in listed}
            listed += [each for each in found if each.image.tagged not in known]
        except RegistryError as error:
            notes.append(f"The tags of {image.familiar_name} are not known: {error}.")
    if not listed:
        notes.append(f"The catalogue knows no relatives of {image.familiar_name}.")
    return listed, notes


def _ask(registry: Registry, wanted: Sequence[Reference]) -> list[BaseImage | Unresolved]:
    from reimage.registry.asking import at_once

    return at_once(registry, wanted, lambda image: one_base(registry, image))


def _facts(answer: BaseImage | Unresolved) -> BaseImage | None:
    return None if isinstance(answer, Unresolved) else answer


def _unknown(image: Reference, answer: Unresolved, options: RegistryOptions) -> str:
    if options.offline:
        return (
            "This run is offline: sizes, layers and ages are only told of images in the cache, "
            "the rest is from the table of official images that comes with reimage."
        )
    return f"Nothing can be compared with {image}: {answer.reason}."


class _Judge:
    """Holds images to the policy, and looks up what scanners reported of them."""

    def __init__(self, settings: Config, limits: Limits, scans: Scans) -> None:
        allowed = dict(settings.policy.max_vulnerabilities) | dict(limits.max_vulnerabilities)
        self.limits = allowed if limits.policed else {}
        self.policy = settings.policy._replace(require_digest=False) if limits.policed else Policy()
        self.trusted = (*TRUSTED, *settings.bases.trusted, *settings.policy.publishers)
        self.scans = scans

    def scanned(self, named: _Named) -> tuple[Known, Report | None]:
        report = self.scans.of(named.known, (each.tagged for each in named.aliases))
        counts = report.scan.counts if report else None
        return named.known._replace(vulnerabilities=counts), report

    def candidate(self, origin: Known, named: _Named) -> _Candidate:
        known, report = self.scanned(named)
        trusted = is_from(known.image, self.trusted)
        against = (*violations(known.image, self.policy), *self.over_limit(known.vulnerabilities))
        comparison = compare(origin, known, named.kind, trusted=trusted)
        aliases = tuple(map(str, named.aliases))
        return _Candidate(known, named.kind, comparison, trusted, against, aliases, report)

    def over_limit(self, counts: Counts | None) -> Iterator[str]:
        """Who was not scanned can't be held to a limit, and a limit that is got around is none."""
        if not self.limits:
            return
        if counts is None:
            yield "was not scanned, and the number of vulnerabilities is limited"
        else:
            yield from too_many(counts, self.limits)


class _Named(NamedTuple):
    known: Known
    kind: str
    aliases: tuple[Reference, ...] = ()


def _without_aliases(origin: Known, found: list[_Named]) -> list[_Named]:
    """One for each image but `origin`; of several names the first, which the catalogue knows, is
    kept."""
    by_digest: dict[str, _Named] = {}
    for each in found:
        facts = each.known.facts
        if facts and origin.facts and facts.digest == origin.facts.digest:
            continue
        key = facts.digest if facts else str(each.known.image)
        first = by_digest.setdefault(key, each)
        if first is not each:
            by_digest[key] = first._replace(aliases=(*first.aliases, each.known.image))
    return list(by_digest.values())


def _doubt(same: bool | None) -> int:
    return {True: 0, None: 1, False: 2}[same]


def _report(number: int, each: _Candidate) -> CandidateReport:
    return CandidateReport(
        image_report(each.known, each.report),
        each.kind,
        None if each.violations else number,
        each.trusted,
        each.comparison.same_libc,
        each.comparison.same_runtime,
        each.comparison.pros,
        (*each.violations, *each.comparison.cons),
        each.aliases,
    )
