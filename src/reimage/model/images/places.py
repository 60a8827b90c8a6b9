"""Where a Dockerfile names images, and where a digest would have to be written.

A digest behind a variable (`python:${TAG}@sha256:…`) wins over the variable: a build argument would
be ignored without a word. So a reference with a variable is pinned in the variable's default, and
only where the variable ends the reference: whoever overrides it then gets what he asks for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from reimage.dockerfile import Copy, Flag, From, Instruction, Run
from reimage.model.facts import Facts
from reimage.model.images.arguments import Ending, GlobalArguments, unquoted
from reimage.model.images.references import NoReference, parse_reference
from reimage.model.stages import alternatives
from reimage.text import Edit, Span, late

_SCRATCH = "scratch"
_STAGE_NUMBER = late("[0-9]+")
_MOUNT_SOURCE = late(r"(?:=|,)[ \t]*from=(?P<image>[^,\s\"'\\]+)(?=,|$)", 2)


class Place(NamedTuple):
    """An image reference: `written` stands at `span` and `before` is put in front of it.

    `arguments` are the ARGs on the way from the reference to `written`; `at` is the instruction or
    the directive that names the image.
    """

    at: Span
    before: str
    written: str
    span: Span
    arguments: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        return self.before + self.written

    def edit(self, reference: str) -> Edit | None:
        """Write another reference; None where the variable in front of it can't say it."""
        if reference.startswith(self.reference):
            end = self.span.end
            return Edit(Span(end, end), reference[len(self.reference) :])
        if not reference.startswith(self.before):
            return None
        return Edit(self.span, reference[len(self.before) :])


class Unclear(NamedTuple):
    """A reference that can't be pinned as it is written, and why."""

    message: str
    at: Span


def image_places(facts: Facts) -> Iterator[Place | Unclear]:
    """Every image that the file names, in order; each place once."""
    yield from _frontend(facts)
    names = {stage.name for stage in facts.stages if stage.name}
    from_places = _FromPlaces(facts)
    for stage in facts.stages:
        if not stage.base and (found := from_places.of(stage.from_)):
            yield found
        for instruction in stage.instructions:
            for one in _sources(instruction, facts.dockerfile.source):
                if isinstance(one, Unclear) or not _is_stage(one.written, names):
                    yield one


def is_named(reference: str, names: frozenset[str]) -> bool:
    """Whether the build gives this image another meaning: `--build-context python:3.12=…`."""
    if not names:
        return False
    meant = parse_reference(reference)
    if isinstance(meant, NoReference):
        return reference in names
    tagged = meant.tagged
    others = (parse_reference(name) for name in names)
    return any(not isinstance(each, NoReference) and each.tagged == tagged for each in others)


def _is_stage(name: str, names: set[str]) -> bool:
    # A number is always a stage, never an image.
    return name == _SCRATCH or name.lower() in names or _STAGE_NUMBER.fullmatch(name) is not None


def _frontend(facts: Facts) -> Iterator[Place | Unclear]:
    """`# syntax=image arguments`: the first word is the image."""
    directive = facts.dockerfile.directive("syntax")
    if directive is None or not directive.value.split():
        return
    image = directive.value.split()[0]
    at = facts.dockerfile.source.find(
        image, facts.dockerfile.source.find("=", directive.span.start)
    )
    yield Place(directive.span, "", image, Span(at, at + len(image)))


def _sources(instruction: Instruction, source: str) -> Iterator[Place | Unclear]:
    """Of COPY --from and RUN --mount=…,from=…, in which BuildKit replaces no variables."""
    if isinstance(instruction, Copy) and (flag := instruction.flag("from")):
        yield _source(instruction, flag.value or "", flag, len("--from="), source)
    elif isinstance(instruction, Run):
        mounts = [flag for flag in instruction.flags if flag.name == "mount"]
        for flag, fields in zip(mounts, instruction.mounts, strict=True):
            if image := fields.get("from"):
                written = _MOUNT_SOURCE.search(flag.span.of(source))
                start = written.start("image") if written else -1
                yield _source(instruction, image, flag, start, source)


def _source(
    instruction: Instruction, image: str, flag: Flag, start: int, source: str
) -> Place | Unclear:
    span = Span(flag.span.start + start, flag.span.start + start + len(image))
    if "$" in image:
        return Unclear(f"BuildKit replaces no variable in {image} here", instruction.span)
    if start < 0 or span.of(source) != image:
        return Unclear(f"{image} is written with quotes or over several lines", instruction.span)
    return Place(instruction.span, "", image, span)


class _FromPlaces:
    """The places that FROMs lead to. FROMs that share a variable must mean one image."""

    def __init__(self, facts: Facts) -> None:
        self.source = facts.dockerfile.source
        self.arguments = GlobalArguments(facts)
        self.found: dict[int, Place | Unclear | None] = {}
        self.shared: defaultdict[str, set[str]] = defaultdict(set)
        """ARG → what is made of it."""
        self.told: set[Span] = set()
        self.stages = {stage.name: stage for stage in facts.stages if stage.name}
        for stage in facts.stages:
            if stage.base or stage.from_.image is None:
                self._share(self.arguments.names_in(stage.from_), f"stage:{stage.index}")
            else:
                place = self._read(stage.from_)
                self.found[id(stage.from_)] = place
                if isinstance(place, Place):
                    self._share(place.arguments, place.reference)
                else:
                    self._share(self.arguments.names_in(stage.from_), f"unclear:{stage.index}")

    def _share(self, names: tuple[str, ...], use: str) -> None:
        for name in names:
            self.shared[name].add(use)

    def of(self, from_: From) -> Place | Unclear | None:
        """None for scratch, and for a place that an earlier FROM gave."""
        place = self.found.get(id(from_))
        if not isinstance(place, Place):
            return place
        for name in place.arguments:
            if use := self.arguments.other_use(name, place.arguments):
                return Unclear(_shared(place, name, use), from_.span)
            if len(self.shared[name]) > 1:
                return Unclear(_shared(place, name, "in another FROM"), from_.span)
        if place.span in self.told:
            return None
        self.told.add(place.span)
        return place

    def _names_stages(self, from_: From) -> bool:
        """Whether `FROM base-${VARIANT}` chooses among the stages of the file."""
        text = from_.image.text if from_.image else ""
        return not text.startswith("$") and any(alternatives(from_, self.stages))

    def _read(self, from_: From) -> Place | Unclear | None:
        word = from_.image
        assert word is not None
        if word.span.of(self.source) != word.text:
            return Unclear(f"{word.text} is written over several lines", from_.span)
        plain = unquoted(word.text, word.span)
        if plain is None:
            return Unclear(f"{word.text} has quotes or escapes in the middle", from_.span)
        ending = self.arguments.follow(Ending("", *plain), from_.escape)
        if isinstance(ending, str):
            return None if self._names_stages(from_) else Unclear(ending, from_.span)
        if ending.before + ending.text == _SCRATCH:
            return None
        return Place(from_.span, ending.before, ending.text, ending.span, ending.arguments)


def _shared(place: Place, name: str, use: str) -> str:
    return (
        f"{place.reference} is made of ARG {name}, which is also used {use}: give the image an ARG "
        "of its own"
    )
