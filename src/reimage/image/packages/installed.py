"""All packages of an image, who owns a file, and what differs between two images."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reimage.image.packages import apk, dpkg, npm, python, rpm
from reimage.image.packages.package import Files, Package

if TYPE_CHECKING:
    from reimage.image.contents import Contents
    from reimage.image.entries import Entry
    from reimage.image.trees.tree import Tree

_MANAGERS = (dpkg, apk, rpm, python, npm)


def keep(entry: Entry, start: bytes) -> bool:  # noqa: ARG001 - as Reading asks
    """For `Reading(keep=…)`: the files that tell about packages."""
    return any(manager.wanted(entry) for manager in _MANAGERS)


def installed(tree: Tree, contents: Contents) -> tuple[Package, ...]:
    """All packages, by manager, name and place. Read the image with `keep` first."""
    files = Files(tree, contents)
    found = (each for manager in _MANAGERS for each in manager.read(files))
    return tuple(sorted(found, key=lambda it: (it.manager, it.name, it.version, it.place)))


def owners(tree: Tree, contents: Contents, packages: tuple[Package, ...]) -> dict[str, Package]:
    """Path → the package that it came with. What a system's manager owns another may own too."""
    files = Files(tree, contents)
    found: dict[str, Package] = {}
    for package in packages:
        for path in package.files:
            found.setdefault(files.real_path(path), package)
    return found


class PackageChange(NamedTuple):
    """One package that came, went, or has another version or size."""

    manager: str
    name: str
    place: str
    before: Package | None
    after: Package | None


def package_changes(
    before: tuple[Package, ...], after: tuple[Package, ...]
) -> tuple[PackageChange, ...]:
    """What differs between the packages of two images."""
    old, new = ({_key(each): each for each in some} for some in (before, after))
    found = []
    for key in sorted(old.keys() | new.keys()):
        one, two = old.get(key), new.get(key)
        if one is None or two is None or (one.version, one.size) != (two.version, two.size):
            found.append(PackageChange(*key, one, two))
    return tuple(found)


def _key(package: Package) -> tuple[str, str, str]:
    place = package.place
    if package.manager == "python":  # the folder's own name holds the version
        place = place.rpartition("/")[0]
    return package.manager, package.name, place
