"""What an image that was built tells the rewrites: what its application is linked to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reimage.image.closure.binaries import MAGIC
from reimage.image.closure.finding import Search
from reimage.model.built_image import BuiltImage, Loaded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reimage.image.packages.package import Package
    from reimage.verify.subjects import Subject

_NOT_ITS_OWN = re.compile(
    r"(?:usr/)?(?:local/)?lib(?:64)?/(?:[^/]+-linux-gnu/)?[^/]+$"
    r"|usr/local/s?bin/|opt/java/|usr/local/lib/(?:ruby/(?!gems)|node_modules/"
    r"|python[\d.]+/(?!site-packages/|dist-packages/))"
)
"""Files of the runtime, and libraries where the loader looks for them."""
_OF_THE_RUNTIME = re.compile(r"usr/local/lib/lib(?:python|ruby)[^/]*$")


def built_image(subject: Subject) -> BuiltImage:
    """The facts of an image that was read for its closure."""
    search = Search(subject.image, subject.contents)
    own = {
        path
        for path, needed in subject.closure.needed.items()
        if not _of_the_system(needed.package)
        and not _NOT_ITS_OWN.match(path)
        and _is_binary(subject, path)
    }
    found = search.of(sorted(own)).needed
    loaded = [each for each in found.values() if each.why == "is loaded by" and each.by in own]
    return BuiltImage(
        tuple(
            Loaded(path, package.name if package and _of_the_system(package) else None, by)
            for path, _, by, package in loaded
            if path not in own and not _OF_THE_RUNTIME.match(path) and _is_file(subject, path)
        ),
        {
            each.name: tuple(dict.fromkeys(_libraries(each, subject, search.owners)))
            for each in search.packages
            if _of_the_system(each) and each.name.endswith("-dev")
        },
    )


def _of_the_system(package: Package | None) -> bool:
    return package is not None and package.manager == "dpkg"


def _is_file(subject: Subject, path: str) -> bool:
    placed = subject.tree.get(path)
    return placed is not None and placed.entry.is_file


def _is_binary(subject: Subject, path: str) -> bool:
    placed = subject.tree.get(path)
    entry = subject.tree.content(placed).entry if placed and placed.entry.is_file else None
    if entry is None or entry not in subject.contents:
        return False
    return subject.contents.read(entry, len(MAGIC))[: len(MAGIC)] == MAGIC


def _libraries(package: Package, subject: Subject, owners: Mapping[str, Package]) -> Iterator[str]:
    """The packages to whose libraries the links of a `-dev` package lead."""
    for path in package.files:
        if path.endswith(".so"):
            owner = owners.get(subject.tree.resolve(path) or "")
            if owner and _of_the_system(owner) and owner.name != package.name:
                yield owner.name
