"""What package managers leave in, and take out of, the file system."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from reimage.model.paths import plain_text
from reimage.shell import Command, PackageOperation, Verb, Word, package_operation
from reimage.shell.package_managers import BY_PROGRAM

_FAMILIES = {"apt-get": "apt", "dnf": "rpm", "yum": "rpm", "microdnf": "rpm", "tdnf": "rpm"}
_INSTALLS_FETCH_LISTS = frozenset({"rpm", "zypper"})
_IN_THE_PROJECT = {
    "npm": "node_modules",
    "yarn": "node_modules",
    "pnpm": "node_modules",
    "bun": "node_modules",
    "composer": "vendor",
}


class PackageEffect(NamedTuple):
    """Something written or removed: a path, or `package:<family>/<name>`."""

    writes: bool
    place: str
    tree: bool


def family(operation: PackageOperation) -> str:
    """One name for the managers that share lists, caches and packages (apt and apt-get, …)."""
    name = operation.manager.name
    return _FAMILIES.get(name, name)


def calls_package_manager(command: Command) -> bool:
    """Whether it is worth asking what `command` makes a package manager do."""
    name = command.name or ""
    return name in BY_PROGRAM or name.startswith(("python", "pip", "pypy", "corepack"))


def package_effects(command: Command) -> Iterator[PackageEffect]:
    """What the command, if it calls a package manager, writes and removes."""
    operation = package_operation(command)
    if operation is None:
        return
    manager = operation.manager
    if operation.verb is Verb.UPDATE:
        yield from (PackageEffect(True, path, True) for path in manager.list_directories)
    elif operation.verb in (Verb.INSTALL, Verb.UPGRADE):
        yield from (PackageEffect(True, path, True) for path in _left_behind(operation))
        yield from (PackageEffect(True, name, False) for name in _packages(operation))
    elif operation.verb is Verb.REMOVE:
        yield from (PackageEffect(False, name, False) for name in _packages(operation))
    elif operation.verb is Verb.CLEAN:
        lists = () if family(operation) == "apt" else manager.list_directories
        paths = dict.fromkeys((*lists, *manager.cache_directories))
        yield from (PackageEffect(False, path, True) for path in paths)


def _left_behind(operation: PackageOperation) -> Iterator[str]:
    manager, name = operation.manager, family(operation)
    if operation.has("--dry-run", "--simulate", "-s", "--download-only"):
        return
    keeps = not (manager.no_cache_option and operation.has(manager.no_cache_option))
    if name == "apk":
        # Without a cache directory of its own apk keeps lists only when it is told to fetch them.
        keeps = operation.has("-U", "--update", "--update-cache")
    if keeps:
        yield from manager.cache_directories
    if name in _INSTALLS_FETCH_LISTS:
        yield from manager.list_directories
    in_the_project = _IN_THE_PROJECT.get(manager.name)
    if in_the_project and not _is_global(operation):
        yield in_the_project


def _is_global(operation: PackageOperation) -> bool:
    return operation.has("-g", "--global", "--prefix", "--cwd", "-C", "--dir", "-d") or any(
        word.value == "global" for word in operation.command.arguments[:1]
    )


def _packages(operation: PackageOperation) -> Iterator[str]:
    for word in (*operation.packages, *_virtual(operation)):
        name = plain_text(word)
        if name:
            yield f"package:{family(operation)}/{name.partition('=')[0].rstrip('<>~!')}"


def _virtual(operation: PackageOperation) -> Iterator[Word]:
    """The name that `apk add --virtual name` gives to what it installs."""
    words = operation.command.words
    for option, value in pairwise(words):
        if option.value in ("-t", "--virtual") and operation.manager.name == "apk":
            yield value
