"""Whether files of an image are there, and are as a file asks."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from reimage.verify.structure.plan import FileContentTest, FileExistenceTest, filled_in

if TYPE_CHECKING:
    from reimage.image.entries import Entry
    from reimage.image.trees.tree import Tree

_LARGEST = 16 << 20
"""bytes of a file whose content is looked at"""
_KINDS = {
    stat.S_IFDIR: "d",
    stat.S_IFLNK: "L",
    stat.S_IFBLK: "D",
    stat.S_IFCHR: "Dc",
    stat.S_IFIFO: "p",
    stat.S_IFSOCK: "S",
}
_SPECIAL = ((stat.S_ISUID, "u"), (stat.S_ISGID, "g"), (stat.S_ISVTX, "t"))
_EXECUTABLE = {"owner": 0o100, "group": 0o010, "other": 0o001, "any": 0o111}


def unmet_existence(test: FileExistenceTest, tree: Tree, env: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each thing that is not as it should be. A link at the end of the path is not
    followed, as container-structure-test does not."""
    path = filled_in(test.path, env)
    is_there, entry = _look(tree, path)
    if is_there != test.should_exist:
        yield f"{path} {'is missing' if test.should_exist else 'is there'}"
        return
    if entry is None:
        return
    permissions = permission_string(entry.owner.mode)
    if test.permissions and permissions != test.permissions:
        yield f"{path} has permissions {permissions} instead of {test.permissions}"
    if test.executable_by and not entry.mode & _EXECUTABLE[test.executable_by]:
        yield f"{path} is not executable by {test.executable_by}"
    if test.uid is not None and entry.owner.uid != test.uid:
        yield f"{path} belongs to user {entry.owner.uid} instead of {test.uid}"
    if test.gid is not None and entry.owner.gid != test.gid:
        yield f"{path} belongs to group {entry.owner.gid} instead of {test.gid}"


def _look(tree: Tree, path: str) -> tuple[bool, Entry | None]:
    """Whether something is there, and what; the root may be there without an entry."""
    directory, _, name = path.rstrip("/").rpartition("/")
    parent = tree.resolve(directory)
    if parent is None:
        return False, None
    if name in ("", "."):
        return True, tree.root.entry if tree.root else None
    found = tree.inside(parent).get(name)
    return found is not None, tree.content(found).entry if found else None


def permission_string(mode: int) -> str:
    """As Go writes an `os.FileMode`: `-rwxr-xr-x`, `dtrwxrwxrwx`."""
    kind = _KINDS.get(stat.S_IFMT(mode), "")
    special = "".join(letter for bit, letter in _SPECIAL if mode & bit)
    bits = "".join(
        letter if mode & (0o400 >> place) else "-" for place, letter in enumerate("rwxrwxrwx")
    )
    return (kind + special or "-") + bits


def unmet_content(
    test: FileContentTest,
    tree: Tree,
    env: Mapping[str, str],
    read: Callable[[str], bytes],
) -> Iterator[str]:
    """A sentence for each pattern that is not as it should be. `read` gives the content of a
    regular file by its path."""
    path = filled_in(test.path, env)
    found = tree.find(path)
    if found is None or not found.entry.is_file:
        yield f"{path} is no file"
    elif (size := tree.content(found).entry.size) > _LARGEST:
        yield f"{path} has {size} bytes, too many to look for a pattern"
    else:
        yield from test.content.unmet(read(path).decode("utf-8", "replace"), path)
