"""Files that name images: Dockerfiles, and YAML of several kinds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from reimage.dockerfile import Dockerfile, parse
from reimage.files import FilesError, read
from reimage.model import Facts
from reimage.model.images.pins import Decision
from reimage.model.images.places import Place, Unclear, image_places, is_named
from reimage.model.images.references import NoReference, Reference, parse_reference
from reimage.pipeline.reporting import problem_reports
from reimage.pipeline.results import FileReport, SkippedReport
from reimage.rewriting import Transformation
from reimage.rewriting.suppression import Suppressions
from reimage.text import Edit, LineIndex, Span, decode
from reimage.transforms import load

PIN = "pin-base-digest"
_YAML = (".yaml", ".yml")
_SKIPPED = re.compile(rf"#[ \t]*reimage[ \t]*:[ \t]*skip[ \t]*=[^\n]*\b(?:{PIN}|all)\b")


class Image(NamedTuple):
    """An image that a file names: its reference, and where a change would be made."""

    line: int
    at: Span
    reference: str
    before: str
    span: Span
    variable: str = ""

    def edit(self, reference: str) -> Edit | None:
        """Write another reference, if what is in front of the place allows it."""
        place = Place(self.at, self.before, self.reference[len(self.before) :], self.span)
        return place.edit(reference)


class UnclearImage(NamedTuple):
    """An image that can't be pinned as it is written."""

    line: int
    message: str


class Subject(NamedTuple):
    """A file with its images, in order. `tree` is None for YAML; `failed` is one that can't be read
    or judged."""

    path: Path
    text: str = ""
    images: tuple[Image | UnclearImage, ...] = ()
    tree: Dockerfile | None = None
    failed: FileReport | None = None

    @property
    def name(self) -> str:
        return self.path.as_posix()

    def references(self) -> Iterator[Reference]:
        for image in self.images:
            if isinstance(image, Image):
                found = parse_reference(image.reference)
                if not isinstance(found, NoReference):
                    yield found


Decisions = list[tuple[Image | UnclearImage, Decision]]


def looks_like_yaml(name: str) -> bool:
    return name.endswith(_YAML)


def read_subject(path: Path, named_contexts: frozenset[str], *, named: bool) -> Subject | None:
    """The file at `path`; None for YAML of another kind that nobody `named`."""
    try:
        text = decode(read(path))
    except FilesError as error:
        return Subject(path, failed=FileReport(path.as_posix(), error=str(error)))
    if path.suffix in (".hcl", ".json"):
        told = f"{path.as_posix()} is no Dockerfile and no YAML: files of bake are not read."
        return Subject(path, failed=FileReport(path.as_posix(), error=told))
    if looks_like_yaml(path.name):
        return _read_yaml(path, text, named=named)
    return read_dockerfile(path, text, named_contexts)


def read_dockerfile(path: Path, text: str, named_contexts: frozenset[str]) -> Subject:
    """The images of a Dockerfile; those that its comments shield are left out."""
    name = path.as_posix()
    if "\0" in text:
        error = f"{name} is not a text file: it holds NUL bytes."
        return Subject(path, failed=FileReport(name, error=error))
    parsed = parse(text)
    if parsed.problems:
        problems = problem_reports(parsed.problems, parsed.tree.lines)
        return Subject(path, failed=FileReport(name, problems=problems))
    transformation, shield = pin_transformation(), Suppressions(parsed.tree)
    images = [
        _image(place, parsed.tree.lines)
        for place in image_places(Facts(parsed.tree))
        if not shield.covers(transformation, place.at)
        and not (isinstance(place, Place) and is_named(place.reference, named_contexts))
    ]
    return Subject(path, text, tuple(images), parsed.tree)


def pin_transformation() -> Transformation:
    return next(each for each in load() if each.title == PIN)


def _image(place: Place | Unclear, lines: LineIndex) -> Image | UnclearImage:
    line = lines.line(place.at.start)
    if isinstance(place, Unclear):
        return UnclearImage(line, place.message)
    variable = place.arguments[-1] if place.arguments else ""
    return Image(line, place.at, place.reference, place.before, place.span, variable)


def _read_yaml(path: Path, text: str, *, named: bool) -> Subject | None:
    from reimage.manifests.errors import ManifestError
    from reimage.manifests.images import ImageValue, images_of
    from reimage.manifests.kinds import may_name_images
    from reimage.manifests.nodes import read_documents

    name = path.as_posix()
    if not named and not may_name_images(name, text):
        return None
    try:
        values = images_of(read_documents(text), name)
    except ManifestError as error:
        if named:
            failed = FileReport(name, error=f"{name}:{error.line}: {error}.")
        else:
            # What was only found by searching may well be a template of another program.
            need = (SkippedReport(PIN, error.line, f"YAML that can be read: {error}"),)
            failed = FileReport(name, skipped=need)
        return Subject(path, failed=failed)
    if values is None:
        message = (
            f"{name} is neither a Compose file, a Kubernetes manifest nor a pipeline of GitHub or "
            "GitLab: what in it names an image is not known."
        )
        return Subject(path, failed=FileReport(name, error=message)) if named else None
    lines = text.split("\n")
    images = [
        Image(value.line, value.span, value.reference, value.before, value.span, value.variable)
        if isinstance(value, ImageValue)
        else UnclearImage(value.line, value.message)
        for value in values
        if not any(_SKIPPED.search(line) for line in lines[max(value.line - 2, 0) : value.line])
    ]
    return Subject(path, text, tuple(images))
