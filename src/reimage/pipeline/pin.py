"""Pins the images that files name: one question per image, all files, then the edits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from reimage.files import FilesError, find_dockerfiles, write_all
from reimage.model import ImageFacts
from reimage.model.images.answers import Pinning, Unresolved
from reimage.model.images.pins import Changed, Decision, Stays, Unasked, decide, unpinned
from reimage.pipeline.config import Config, ConfigError, find_config, load_config
from reimage.pipeline.errors import UsageError
from reimage.pipeline.pin_reports import report_of
from reimage.pipeline.pin_subjects import (
    Image,
    Subject,
    UnclearImage,
    looks_like_yaml,
    read_subject,
)
from reimage.pipeline.registries import Answered, RegistryOptions, ask_registries
from reimage.pipeline.results import FileReport
from reimage.text import encode


class PinOptions(NamedTuple):
    """How to pin. `min_age` is days; None leaves it to the configuration.

    `update` also looks at images that have a digest, `unpin` takes digests off and asks nobody.
    """

    write: bool = False
    update: bool = False
    unpin: bool = False
    min_age: int | None = None
    named_contexts: tuple[str, ...] = ()
    config: Path | None = None
    registry: RegistryOptions = RegistryOptions()


class PinFinding(NamedTuple):
    """What `--check` has to say of an image. `known` is False where a registry did not answer."""

    path: str
    line: int
    message: str
    known: bool = True


class PinRun(NamedTuple):
    """The files of a run, and what registries said of the images in them."""

    subjects: tuple[Subject, ...]
    facts: ImageFacts
    limits: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about mirrors that gave no answer."""
        return self.facts.notes

    @property
    def unanswered(self) -> tuple[Unresolved, ...]:
        """What registries did not tell, each reason once."""
        answers = self.pinning.answers.values()
        return tuple(dict.fromkeys(each for each in answers if isinstance(each, Unresolved)))

    @property
    def pinning(self) -> Pinning:
        return self.facts.pinning or Pinning()


def gather(arguments: Sequence[str], options: PinOptions) -> PinRun:
    """Read the files and ask the registries. Raises UsageError before anything is asked."""
    config = _config(options)
    names = frozenset((*options.named_contexts, *config.pin.named_contexts))
    subjects = [
        subject
        for path, named in _files(arguments)
        if not config.excludes(path)
        and (subject := read_subject(path, names, named=named)) is not None
    ]
    min_age = config.pin.min_age if options.min_age is None else options.min_age
    answered = Answered({})
    if not options.unpin:
        images = [
            reference
            for subject in subjects
            for reference in subject.references()
            if not reference.digest or (options.update and reference.tag)
        ]
        aged = {each.tagged for each in images if each.digest} if min_age else ()
        answered = ask_registries(images, options.registry, config.registry, aged=aged)
    pinning = Pinning(
        answered.answers,
        update=options.update,
        made_before=datetime.now(UTC) - timedelta(days=min_age) if min_age else None,
    )
    facts = ImageFacts(pinning, named_contexts=names, notes=answered.notes)
    return PinRun(tuple(subjects), facts, answered.limits)


def pin_files(run: PinRun, options: PinOptions) -> Iterator[FileReport]:
    """The report on each file; with `options.write` it is replaced as soon as it is done."""
    for subject in run.subjects:
        if subject.failed:
            yield subject.failed
            continue
        report, text = report_of(subject, decisions(subject, run, options), write=options.write)
        if options.write and text != subject.text:
            try:
                write_all({subject.path: encode(text)})
            except FilesError as error:
                report = FileReport(subject.name, error=str(error))
        yield report


def decisions(
    subject: Subject, run: PinRun, options: PinOptions
) -> list[tuple[Image | UnclearImage, Decision]]:
    """What becomes of each image of a file."""
    found: list[tuple[Image | UnclearImage, Decision]] = []
    for image in subject.images:
        if isinstance(image, UnclearImage):
            found.append((image, None if options.unpin else Stays(image.message)))
        elif options.unpin:
            found.append((image, unpinned(image.reference)))
        else:
            found.append((image, decide(image.reference, run.pinning)))
    return found


def check(run: PinRun, options: PinOptions) -> Iterator[PinFinding]:
    """Every image without a digest, and every one whose digest is stale."""
    for subject in run.subjects:
        for image, decision in decisions(subject, run, options):
            match decision:
                case Changed(message=message, fresh=fresh):
                    assert isinstance(image, Image)
                    told = f"{image.reference} has no digest" if fresh else f"stale: {message}"
                    yield PinFinding(subject.name, image.line, told)
                case Stays(reason, pinned, known) if not (pinned and known):
                    yield PinFinding(subject.name, image.line, reason, known or not pinned)
                case Unasked():
                    assert isinstance(image, Image)
                    yield PinFinding(subject.name, image.line, f"{image.reference} has no digest")
                case _:
                    continue


def _config(options: PinOptions) -> Config:
    try:
        found = options.config or find_config(Path())
        return load_config(found) if found else Config()
    except ConfigError as error:
        raise UsageError(str(error)) from error


def _files(arguments: Sequence[str]) -> Iterator[tuple[Path, bool]]:
    """The files, and whether each was named as it is."""
    found = find_dockerfiles(arguments, also=looks_like_yaml)
    if found.errors:
        raise UsageError(str(found.errors[0]))
    named = {Path(argument) for argument in arguments}
    for name in found.files:
        yield Path(name), Path(name) in named
