"""Two images side by side: sizes, lines, layers, files, configuration and packages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from reimage.image.packages.installed import installed, package_changes
from reimage.image.trees.images import difference
from reimage.image.trees.merging import merged
from reimage.image.waste.finding import wasted
from reimage.pipeline.images.anatomy import Places, image_report
from reimage.pipeline.images.budgets import Limits, budgets
from reimage.pipeline.images.comparison import (
    ChangedFile,
    CompareReport,
    ConfigDifference,
    Delta,
    FileChanges,
    LineDifference,
    PackageDifference,
    SizedPath,
)
from reimage.pipeline.images.inspecting import NO_FIT, sized_files

if TYPE_CHECKING:
    from reimage.image.packages.package import Package
    from reimage.image.trees.images import ConfigChange, ImageDifference
    from reimage.pipeline.images.results import ImageReport, RowReport, SizedFile
    from reimage.pipeline.images.subjects import Subject


def compare(before: Subject, after: Subject, limits: Limits, tool_version: str) -> CompareReport:
    """The report. Both are read with `packages.installed.keep`."""
    (one, one_notes), (two, two_notes) = _report(before), _report(after)
    found = difference(before.image, after.image)
    lines = line_differences(one, two)
    return CompareReport(
        tool_version=tool_version,
        before=one,
        after=two,
        delta=_delta(one, two),
        files=_files(found),
        config_changes=tuple(map(_config, found.config)),
        packages=_packages(before, after),
        lines=lines,
        budgets=budgets(limits, one, two, lines),
        notes=(*one_notes, *two_notes),
    )


def shown_files(subject: Subject) -> tuple[SizedFile, ...]:
    """What containers of an image see, the largest first."""
    return sized_files(subject, Places(subject))


def _report(subject: Subject) -> tuple[ImageReport, tuple[str, ...]]:
    places = Places(subject)
    notes: tuple[str, ...] = ()
    if subject.recipe and not places.fits:
        notes = (NO_FIT.format(path=subject.recipe.path),)
    return image_report(subject, places, wasted(subject.image)), notes


def _delta(one: ImageReport, two: ImageReport) -> Delta:
    packed = None
    if one.compressed_size is not None and two.compressed_size is not None:
        packed = two.compressed_size - one.compressed_size
    size = two.size - one.size
    return Delta(
        size=size,
        size_percent=round(100 * size / one.size, 2) if one.size else None,
        compressed_size=packed,
        layers=len(two.layers) - len(one.layers),
        wasted=two.wasted - one.wasted,
    )


def line_differences(one: ImageReport, two: ImageReport) -> tuple[LineDifference, ...]:
    """Lines that hold other bytes than before, the largest difference first.

    Instructions are the same if their text is; FROM is FROM whatever it names.
    """
    waiting: dict[str, list[RowReport]] = defaultdict(list)
    for row in one.rows:
        waiting[_key(row)].append(row)
    found = []
    for row in two.rows:
        same = waiting[_key(row)]
        old = same.pop(0) if same else None
        before = old.added if old else 0
        if before != row.added:
            place = old.line if old else None
            found.append(LineDifference(row.text, place, row.line, before, row.added))
    gone = (row for rows in waiting.values() for row in rows if row.added)
    found += [LineDifference(row.text, row.line, None, row.added, 0) for row in gone]
    return tuple(sorted(found, key=lambda it: (-abs(it.after - it.before), it.text)))


def _key(row: RowReport) -> str:
    return "FROM" if row.kind == "base" else row.text


def _files(found: ImageDifference) -> FileChanges:
    added, removed = (
        tuple(SizedPath(f"/{entry.path}", entry.size) for entry in some if not entry.is_directory)
        for some in (found.added, found.removed)
    )
    changed = tuple(
        ChangedFile(f"/{it.path}", it.before.size, it.after.size, it.what) for it in found.changed
    )
    return FileChanges(added, removed, changed)


def _config(change: ConfigChange) -> ConfigDifference:
    return ConfigDifference(change.field, change.key, _value(change.before), _value(change.after))


def _value(value: object) -> object:
    if hasattr(value, "__dataclass_fields__"):
        return asdict(value)  # type: ignore[call-overload]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(value)
    return value


def _packages(before: Subject, after: Subject) -> tuple[PackageDifference, ...]:
    changes = package_changes(_installed(before), _installed(after))
    return tuple(
        PackageDifference(
            it.manager,
            it.name,
            it.before.version if it.before else None,
            it.after.version if it.after else None,
            _grown(it.before, it.after),
        )
        for it in changes
    )


def _installed(subject: Subject) -> tuple[Package, ...]:
    assert subject.contents is not None
    return installed(merged(subject.image.layers), subject.contents)


def _grown(before: Package | None, after: Package | None) -> int | None:
    sizes = [0 if each is None else each.size for each in (before, after)]
    return None if None in sizes else (sizes[1] or 0) - (sizes[0] or 0)
