"""What differs between two images."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple

from reimage.image.trees.differing import Difference, differences
from reimage.image.trees.merging import merged

if TYPE_CHECKING:
    from reimage.image.anatomy import Image
    from reimage.image.config import ImageConfig
    from reimage.image.entries import Entry
    from reimage.image.trees.tree import Placed, Tree


class FileChange(NamedTuple):
    """A path that both images have, with what differs. Of hard links, what they are names of."""

    path: str
    before: Entry
    after: Entry
    what: tuple[Difference, ...]


class ConfigChange(NamedTuple):
    """A field of ImageConfig; for `env` and `labels` one `key` of it. None where there is none."""

    field: str
    key: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class ImageDifference:
    """Two images side by side; paths are sorted."""

    added: tuple[Entry, ...]
    removed: tuple[Entry, ...]
    changed: tuple[FileChange, ...]
    config: tuple[ConfigChange, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.config)


def difference(before: Image, after: Image) -> ImageDifference:
    """Compare what containers see, times aside. Read both with hashing on."""
    return tree_difference(
        merged(before.layers), merged(after.layers), config_changes(before.config, after.config)
    )


def tree_difference(
    before: Tree, after: Tree, config: tuple[ConfigChange, ...] = ()
) -> ImageDifference:
    """Compare two merged trees."""
    old = {placed.entry.path: placed for placed in before}
    new = {placed.entry.path: placed for placed in after}
    changed = []
    for path in sorted(old.keys() & new.keys()):
        one, two = before.content(old[path]).entry, after.content(new[path]).entry
        if what := differences(one, two):
            changed.append(FileChange(path, one, two, what))
    return ImageDifference(
        _entries(new, new.keys() - old.keys()),
        _entries(old, old.keys() - new.keys()),
        tuple(changed),
        config,
    )


def _entries(found: dict[str, Placed], paths: set[str]) -> tuple[Entry, ...]:
    return tuple(found[path].entry for path in sorted(paths))


def config_changes(before: ImageConfig, after: ImageConfig) -> tuple[ConfigChange, ...]:
    """Field by field; variables and labels one by one."""
    found = []
    for field in fields(before):
        one, two = getattr(before, field.name), getattr(after, field.name)
        if one == two:
            continue
        if not isinstance(one, dict):
            found.append(ConfigChange(field.name, "", one, two))
            continue
        found += [
            ConfigChange(field.name, key, one.get(key), two.get(key))
            for key in sorted(one.keys() | two.keys())
            if one.get(key) != two.get(key)
        ]
    return tuple(found)
