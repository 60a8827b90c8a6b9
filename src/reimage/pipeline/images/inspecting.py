"""Which line put how many bytes into an image, and which of them nobody needs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from reimage.image.trees.merging import merged
from reimage.image.waste.finding import wasted
from reimage.image.waste.kinds import KINDS
from reimage.pipeline.images.anatomy import Places, image_report
from reimage.pipeline.images.results import (
    ClosureReport,
    InspectReport,
    MissingFile,
    NeededPackage,
    Offender,
    SizedFile,
    WastedFile,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reimage.image.waste.finding import Wasted
    from reimage.pipeline.images.subjects import Subject

NO_FIT = (
    "{path} does not fit the image's history, so what follows are the steps that the image tells "
    "of: it was made by another Dockerfile, another --target, or build arguments that choose "
    "another stage."
)
_SUMMARIES = {kind.name: kind.summary for kind in KINDS}


class Wanted(NamedTuple):
    """What the report holds besides the lines."""

    waste: bool = False
    files: bool = False
    closure: bool = False


def inspect(subject: Subject, wanted: Wanted, tool_version: str) -> InspectReport:
    """The report. `wanted.closure` needs the contents that `closure.finding.keep` chooses."""
    places = Places(subject)
    waste = wasted(subject.image)
    notes: tuple[str, ...] = ()
    if subject.recipe and not places.fits:
        notes = (NO_FIT.format(path=subject.recipe.path),)
    return InspectReport(
        tool_version=tool_version,
        image=image_report(subject, places, waste),
        notes=notes,
        offenders=offenders(waste, places),
        waste=tuple(_wasted(each, places) for each in waste) if wanted.waste else None,
        files=sized_files(subject, places) if wanted.files else None,
        closure=_closure(subject) if wanted.closure else None,
    )


def offenders(waste: Sequence[Wasted], places: Places) -> tuple[Offender, ...]:
    """Waste by line and kind, the largest first."""
    groups: dict[tuple[tuple[int, ...], str], list[Wasted]] = defaultdict(list)
    for each in waste:
        groups[places.layers(each.layer), each.kind].append(each)
    found = [
        Offender(
            line=places.line(layers[0]),
            layers=layers,
            instruction=places.text(layers[0]),
            kind=kind,
            reason=_SUMMARIES[kind],
            size=sum(each.size for each in some),
            files=len(some),
            example=f"/{some[0].path}",
            # What a base image brings, no change of this Dockerfile avoids.
            cures=() if places.is_base(layers[0]) else _titles(some[0].cures),
        )
        for (layers, kind), some in groups.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.size, each.layers, each.kind)))


def _titles(cures: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(cure.replace("_", "-") for cure in cures)


def _wasted(each: Wasted, places: Places) -> WastedFile:
    return WastedFile(
        each.kind,
        f"/{each.path}",
        each.size,
        each.layer,
        places.line(each.layer),
        places.line(each.hidden_by),
    )


def sized_files(subject: Subject, places: Places) -> tuple[SizedFile, ...]:
    """What containers see, the largest first; other names of the same content hold nothing."""
    found = [
        SizedFile(f"/{it.entry.path}", it.entry.size, it.layer, places.line(it.layer))
        for it in merged(subject.image.layers)
        if it.entry.is_file
    ]
    return tuple(sorted(found, key=lambda each: (-each.size, each.path)))


def _closure(subject: Subject) -> ClosureReport:
    from reimage.image.closure.finding import closure
    from reimage.image.packages.installed import installed

    assert subject.contents is not None
    found = closure(subject.image, subject.contents)
    tree = merged(subject.image.layers)
    files = {it.entry.path: it.entry.size for it in tree if it.entry.is_file}
    needed: dict[tuple[str, str, str], int] = defaultdict(int)
    for each in found.needed.values():
        if each.package:
            needed[each.package.manager, each.package.name, each.package.place] += 1
    packages = [
        NeededPackage(
            it.manager, it.name, it.version, it.size, needed[it.manager, it.name, it.place]
        )
        for it in installed(tree, subject.contents)
    ]
    return ClosureReport(
        command=found.command,
        files=sum(path in files for path in found.needed),
        size=sum(files.get(path, 0) for path in found.needed),
        all_files=len(files),
        all_size=sum(files.values()),
        missing=tuple(MissingFile(*each) for each in found.missing),
        packages=tuple(sorted(packages, key=lambda it: (it.needed_files > 0, -(it.size or 0)))),
    )
