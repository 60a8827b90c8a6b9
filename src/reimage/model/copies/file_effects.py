"""Which files the commands of a script write, remove, and give another mode or owner.

Only what a command says of itself counts: nothing is guessed of programs that are not known.
"""

import enum
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from reimage.model.downloads.archives import extraction, used_up
from reimage.model.downloads.downloads import downloads
from reimage.model.packages.package_effects import calls_package_manager, package_effects
from reimage.model.paths import UNKNOWN, filled_in, is_at_or_above, join, plain_text
from reimage.model.state import State
from reimage.shell import Command, Script, Word
from reimage.text import late

_SHARED_DIRECTORIES = frozenset(
    "/ /bin /etc /home /lib /root /sbin /srv /usr /usr/bin /usr/lib /usr/local /usr/local/bin"
    " /usr/local/lib /usr/local/sbin /usr/local/share /usr/sbin /usr/share /var /var/lib ~".split()
)
_NOT_IN_A_LAYER = ("/dev/", "/proc/", "/sys/")
_DIRECTORY_CHANGERS = frozenset({"cd", "pushd", "popd"})
_SUBSHELLS = frozenset({"subshell", "substitution"})


class Effect(enum.Enum):
    """What happens to a file."""

    MAKE = "makes the directory"
    WRITE = "writes"
    REMOVE = "removes"
    MODE = "changes the mode or owner of"
    USE_UP = "unpacks or installs"


class Place(NamedTuple):
    """A path; with `tree` it stands for what is below it, too. Globs in it mean what they say."""

    path: str
    tree: bool = False


class FileEffect(NamedTuple):
    """Something a command does to files."""

    effect: Effect
    place: Place
    command: Command


def covers(place: Place, written: Place) -> bool:
    """Whether what is done at `place` surely reaches something of what was written at `written`."""
    if place.path == written.path:
        return True
    if is_at_or_above(place.path, written.path):
        return place.tree or place.path.count("/") == written.path.count("/")
    if not written.tree or written.path in _SHARED_DIRECTORIES:
        return False
    return is_at_or_above(written.path, place.path)


def written_paths(command: Command) -> tuple[Place, ...]:
    """What the command writes, relative to where it runs; empty directories are left out."""
    found = [Place(path) for path in _redirected(command)]
    found += [Place(download.path) for download in downloads(command)]
    writer = _WRITERS.get(command.name or "")
    return (*found, *writer(command)) if writer else tuple(found)


def removed_paths(command: Command) -> tuple[Place, ...]:
    """What the command removes, relative to where it runs; what it moves elsewhere included."""
    if command.name in ("rm", "unlink"):
        tree = command.has_option("-r", "-R", "--recursive")
        return tuple(Place(path, tree) for path in _paths(command.operands))
    if command.name == "mv":
        return tuple(Place(path, True) for path in _paths(_sources(command)))
    if command.name in _COMPRESSORS and not command.has_option("-k", "-c", "--keep", "--stdout"):
        return tuple(Place(path) for path in _paths(command.operands))
    return ()


def changed_modes(command: Command) -> tuple[Place, ...]:
    """The files whose mode or owner the command sets, relative to where it runs."""
    if command.name not in ("chmod", "chown", "chgrp"):
        return ()
    operands = command.operands
    # `chmod -x file` has its mode among the options; --reference stands for one, too.
    is_option = any(_SYMBOLIC.fullmatch(word.text) for word in command.arguments)
    if not is_option and not command.has_option("--reference"):
        operands = operands[1:]
    tree = command.has_option("-R", "--recursive")
    return tuple(Place(path, tree) for path in _paths(operands))


_SYMBOLIC = late(r"-[rwxXst]+")
_COMPRESSORS = frozenset({"gunzip", "bunzip2", "unxz", "gzip", "bzip2", "xz"})


def file_effects(script: Script, state: State) -> Iterator[FileEffect]:
    """The effects of a script in order, paths seen from the root where the text tells them."""
    walk = _Walk(state)
    for command in script.commands:
        inner = command.unwrapped()
        if inner.name in _DIRECTORY_CHANGERS:
            walk.change_directory(inner)
            continue
        directory = walk.directory(command)
        for effect, place in _effects(inner):
            path = place.path if ":" in place.path else walk.path(place.path, directory)
            if not path.startswith(_NOT_IN_A_LAYER):
                yield FileEffect(effect, Place(path, place.tree), command)


def left_behind(effects: Iterable[FileEffect], hidden: Sequence[str]) -> tuple[Place, ...]:
    """What is written and not removed again; what is below the `hidden` directories is left out."""
    left: list[Place] = []
    for effect, place, _ in effects:
        if effect is Effect.REMOVE:
            left = [each for each in left if not _removes(place.path, each.path)]
        elif effect is Effect.WRITE and not (hidden and _is_in_one_of(hidden, place.path)):
            left.append(place)
    return tuple(left)


def is_gone(written: Place, removed: Iterable[Place]) -> bool:
    """Whether nothing of what was written is left once the places are removed."""
    path = written.path
    for place in removed:  # noqa: SIM110 - asked of each path of a file for each other one
        if _removes(place.path, path):
            return True
    return False


def _removes(removed: str, written: str) -> bool:
    return is_at_or_above(removed, written) or removed == f"{written}/*"


def _is_in_one_of(directories: Sequence[str], path: str) -> bool:
    return any(is_at_or_above(directory, path) for directory in directories)


def _effects(command: Command) -> Iterator[tuple[Effect, Place]]:
    name = command.name or ""
    if name in _KNOWN or command.redirections:
        for place in removed_paths(command):
            yield Effect.REMOVE, place
        for place in written_paths(command):
            yield Effect.WRITE, place
        for place in changed_modes(command):
            yield Effect.MODE, place
        if name == "mkdir":
            yield from ((Effect.MAKE, Place(path)) for path in _paths(command.operands))
    if (archive := used_up(command)) and (path := plain_text(archive)):
        yield Effect.USE_UP, Place(path)
    if calls_package_manager(command):
        for writes, path, tree in package_effects(command):
            yield Effect.WRITE if writes else Effect.REMOVE, Place(path, tree)


class _Walk:
    """Follows the working directory through a script."""

    def __init__(self, state: State) -> None:
        self.variables: Mapping[str, str] = state.env
        self.home = "/root" if state.user in (None, "root", "0") else "~"
        self.outer = self.inner = state.workdir or UNKNOWN
        self.unknown = 0

    def directory(self, command: Command) -> str:
        if not command.nesting:
            self.inner = self.outer
        return self.inner

    def path(self, path: str, directory: str) -> str:
        path = filled_in(path, self.variables)
        if path.startswith(("~/", "${HOME}")) or path == "~":
            path = self.home + path.removeprefix("~").removeprefix("${HOME}")
        return join(directory, path)

    def change_directory(self, command: Command) -> None:
        target = plain_text(command.operands[0]) if command.operands else None
        directory = self.directory(command)
        if target is None or target == "-" or command.name == "popd":
            self.unknown += 1
            self.inner = f"{UNKNOWN}{self.unknown}"
        else:
            self.inner = self.path(target, directory)
        if not command.nesting:
            self.outer = self.inner
        elif not _SUBSHELLS.intersection(command.nesting):
            # Whether the branch is taken decides where the script is from here on.
            self.unknown += 1
            self.outer = f"{UNKNOWN}{self.unknown}"


def _paths(words: tuple[Word, ...]) -> Iterator[str]:
    for word in words:
        path = plain_text(word)
        if path:
            yield path


def _redirected(command: Command) -> Iterator[str]:
    for redirection in command.redirections:
        target = redirection.target
        if redirection.operator in (">", ">>", ">|", "&>", "&>>") and target:
            yield from _paths((target,))


def _sources(command: Command) -> tuple[Word, ...]:
    """What mv or cp takes; nothing where options say more than this looks at."""
    if command.has_option("-t", "--target-directory") or len(command.operands) < 2:
        return ()
    return command.operands[:-1]


def _copied(command: Command) -> Iterator[Place]:
    sources = _sources(command)
    if not sources:
        return
    for target in _paths(command.operands[-1:]):
        if len(sources) == 1 and not target.endswith("/"):
            yield Place(target, True)
        for source in _paths(sources):
            name = source.rstrip("/").rpartition("/")[2]
            if name not in ("", ".", "..", "*"):
                yield Place(f"{target.rstrip('/')}/{name}", True)


def _extracted(command: Command) -> Iterator[Place]:
    found = extraction(command)
    if found:
        yield Place(found.directory, True)


def _cloned(command: Command) -> Iterator[Place]:
    values = [plain_text(word) for word in command.operands]
    if values[:1] != ["clone"]:
        return
    at = next((i for i, each in enumerate(values) if each and re.search(r"[:/$]", each)), None)
    url = values[at] if at is not None else None
    if at is None or url is None:
        return
    rest = values[at + 1 :]
    if not rest:
        name = url.rstrip("/").removesuffix(".git").rpartition("/")[2]
        yield Place(name.rpartition(":")[2], True)
    elif len(rest) == 1 and rest[0]:
        yield Place(rest[0], True)


def _teed(command: Command) -> Iterator[Place]:
    return (Place(path) for path in _paths(command.operands))


def _changed_owner_of_all(command: Command) -> Iterator[Place]:
    """A recursive chmod or chown stores every file again."""
    return (place for place in changed_modes(command) if place.tree)


_WRITERS: Mapping[str, Callable[[Command], Iterator[Place]]] = {
    "cp": _copied,
    "mv": _copied,
    "tar": _extracted,
    "bsdtar": _extracted,
    "unzip": _extracted,
    "git": _cloned,
    "tee": _teed,
    "chmod": _changed_owner_of_all,
    "chown": _changed_owner_of_all,
}

_KNOWN = frozenset({*_WRITERS, *_COMPRESSORS, "chgrp", "curl", "mkdir", "rm", "unlink", "wget"})
