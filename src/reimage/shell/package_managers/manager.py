"""What is known of a package manager, and the vocabulary that all of them share."""

import re
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple


class Verb(Enum):
    """What an operation does, whatever the manager calls it.

    UPDATE refreshes package lists, UPGRADE replaces installed packages, INSTALL includes fetching
    what a project's manifest asks for, CLEAN empties caches.
    """

    UPDATE = "update"
    INSTALL = "install"
    UPGRADE = "upgrade"
    REMOVE = "remove"
    CLEAN = "clean"
    OTHER = "other"


class PackageManager(NamedTuple):
    """The facts of one package manager. `~` in a path is the home of the user who runs it."""

    name: str
    programs: frozenset[str]
    verbs: Mapping[str, Verb]
    """By the words that say so (`cache clean`); an empty key is the program without any."""

    value_options: frozenset[str] = frozenset()
    """The options that take their value as a separate word."""
    global_value_options: frozenset[str] = frozenset()
    """Those that do so in front of the verb only, where that makes a difference."""
    clusters: bool = True
    """Whether one dash may begin several letters (`-qy`)."""

    needs_yes: bool = False
    """Whether installing asks a question first."""
    assume_yes: tuple[str, ...] = ()
    """The options that answer yes, the preferred one first."""
    global_assume_yes: tuple[str, ...] = ()
    """Those that do so in front of the verb only."""
    no_recommends: str | None = None
    """The option to install no packages that are merely recommended."""
    no_recommends_pattern: re.Pattern[str] | None = None
    """For all spellings of that, options and their values."""

    list_directories: tuple[str, ...] = ()
    """Where the lists of available packages are kept."""
    cache_directories: tuple[str, ...] = ()
    """Where downloads are kept."""
    clean_commands: tuple[str, ...] = ()
    """What empties these directories, the usual command first."""
    no_cache_option: str | None = None

    manifest_files: tuple[str, ...] = ()
    lock_files: tuple[str, ...] = ()
    lock_file_install: str | None = None
    """The command that installs what the lock file says and nothing else."""
    development_packages: tuple[str, ...] = ()
    """Patterns of packages that are only needed to build something."""

    def is_development_package(self, package: str) -> bool:
        """Whether a package, its version aside, serves to build things only."""
        from fnmatch import fnmatchcase

        name = re.split(r"[=<>~]", package, maxsplit=1)[0]
        return any(fnmatchcase(name, pattern) for pattern in self.development_packages)


def verbs(**words: str) -> Mapping[str, Verb]:
    """A table of verbs: `verbs(install="add, tool install")`; a `-` alone stands for no word."""
    table = {
        "" if word == "-" else word: Verb(verb)
        for verb, listed in words.items()
        for word in listed.split(", ")
    }
    return MappingProxyType(table)


def options(listed: str) -> frozenset[str]:
    """Options from a line of text."""
    return frozenset(listed.split())


def names(listed: str) -> tuple[str, ...]:
    """Names or patterns from a line of text."""
    return tuple(listed.split())
