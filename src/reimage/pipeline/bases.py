"""Images that may do in place of one, ranked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reimage.model.images.answers import Unresolved
from reimage.model.images.comparing import Comparison, Known, compare
from reimage.model.images.facts import BaseImage
from reimage.model.images.policy import is_from, violations
from reimage.model.images.references import NoReference, Reference, parse_reference
from reimage.model.images.relatives import TRUSTED, Relative, relatives, tags_of_the_same_version
from reimage.pipeline.base_facts import one_base
from reimage.pipeline.config import Config, ConfigError, find_config, load_config
from reimage.pipeline.errors import UsageError
from reimage.pipeline.registries import RegistryOptions, open_registry

if TYPE_CHECKING:
    from reimage.registry.client import Registry

_MOST_TAGS = 12


@dataclass(frozen=True, slots=True)
class ImageReport:
    """An image. Sizes are bytes of compressed layers; None and "" are unknown.

    `created` is as RFC 3339 writes it. `libc` is `glibc` or `musl`.
    """

    reference: str
    digest: str
    size: int | None
    layers: int | None
    created: str
    family: str
    release: str
    libc: str
    runtime: str
    runtime_version: str
    user: str


@dataclass(frozen=True, slots=True)
class CandidateReport:
    """An image in place of another, and why (`pros`), or why not (`cons`).

    `rank` starts with 1; None for one that the policy excludes. `aliases` are tags for the same
    image. `same_libc` and `same_runtime` are None where that is not known.
    """

    image: ImageReport
    kind: str
    rank: int | None
    trusted: bool
    same_libc: bool | None
    same_runtime: bool | None
    pros: tuple[str, ...]
    cons: tuple[str, ...]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MissingReport:
    """A relative that no registry told about, and its words."""

    reference: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class BasesReport:
    """`notes` are sentences about what is not known. `failed` says that the registry of the image
    itself gave no answer."""

    origin: ImageReport
    candidates: tuple[CandidateReport, ...]
    missing: tuple[MissingReport, ...]
    notes: tuple[str, ...]
    failed: bool


class _Candidate(NamedTuple):
    known: Known
    kind: str
    comparison: Comparison
    trusted: bool
    violations: tuple[str, ...]
    aliases: tuple[str, ...] = ()

    @property
    def place(self) -> tuple[object, ...]:
        """What fits comes before what is small, and what is small before what is new."""
        created, facts = self.known.created, self.known.facts
        return (
            bool(self.violations),
            _doubt(self.comparison.same_runtime),
            _doubt(self.comparison.same_libc),
            not self.trusted,
            math.inf if facts is None else facts.size,
            facts.layers if facts else 0,
            -created.timestamp() if created else 0.0,
            str(self.known.image),
        )


def find_bases(
    text: str, options: RegistryOptions, *, config: Path | None = None, policed: bool = True
) -> BasesReport:
    """What may take the place of the image `text`. Raises UsageError for what is no image."""
    image = parse_reference(text)
    if isinstance(image, NoReference):
        raise UsageError(f"{text} is no image: {image.reason}.")
    settings = _config(config)
    with open_registry(options, settings.registry) as registry:
        listed, notes = _others(registry, image, options)
        wanted = [image, *(each.image for each in listed)]
        answers = _ask(registry, wanted)
        notes += registry.passed_over
    failed = isinstance(answers[0], Unresolved) and not options.offline
    origin = Known(image, _facts(answers[0]))
    if isinstance(answers[0], Unresolved):
        notes.append(_unknown(image, answers[0], options))
    missing, found = [], []
    for relative, answer in zip(listed, answers[1:], strict=True):
        if isinstance(answer, Unresolved) and not options.offline:
            missing.append(MissingReport(str(relative.image), relative.kind, answer.reason))
        else:
            known = Known(relative.image, _facts(answer))
            found.append(_candidate(origin, known, relative.kind, settings, policed=policed))
    ranked = sorted(_without_aliases(origin, found), key=lambda each: each.place)
    return BasesReport(
        _image_report(origin),
        tuple(_report(number, each) for number, each in enumerate(ranked, 1)),
        tuple(missing),
        tuple(notes),
        failed,
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


def _candidate(
    origin: Known, known: Known, kind: str, settings: Config, *, policed: bool
) -> _Candidate:
    policy = settings.policy._replace(require_digest=False)
    trusted = is_from(known.image, (*TRUSTED, *settings.bases.trusted, *policy.publishers))
    comparison = compare(origin, known, kind, trusted=trusted)
    against = tuple(violations(known.image, policy)) if policed else ()
    return _Candidate(known, kind, comparison, trusted, against)


def _without_aliases(origin: Known, found: list[_Candidate]) -> list[_Candidate]:
    """One for each image but `origin`; of several names the first, which the catalogue knows, is
    kept."""
    by_digest: dict[str, _Candidate] = {}
    for each in found:
        facts = each.known.facts
        if facts and origin.facts and facts.digest == origin.facts.digest:
            continue
        key = facts.digest if facts else str(each.known.image)
        first = by_digest.get(key)
        if first is None:
            by_digest[key] = each
        else:
            aliases = (*first.aliases, str(each.known.image))
            by_digest[key] = first._replace(aliases=aliases)
    return list(by_digest.values())


def _doubt(same: bool | None) -> int:
    return {True: 0, None: 1, False: 2}[same]


def _report(number: int, each: _Candidate) -> CandidateReport:
    return CandidateReport(
        _image_report(each.known),
        each.kind,
        None if each.violations else number,
        each.trusted,
        each.comparison.same_libc,
        each.comparison.same_runtime,
        each.comparison.pros,
        (*each.violations, *each.comparison.cons),
        each.aliases,
    )


def _image_report(known: Known) -> ImageReport:
    facts, system, runtime = known.facts, known.system, known.runtime
    return ImageReport(
        str(known.image),
        facts.digest if facts else "",
        known.size,
        facts.layers if facts else None,
        known.created.isoformat() if known.created else "",
        system.family if system else "",
        system.release if system else "",
        system.libc if system else "",
        runtime.name if runtime else "",
        runtime.version if runtime else "",
        facts.user if facts else "",
    )
