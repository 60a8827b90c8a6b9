"""Which package manager a command calls, to do what, with which packages."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from reimage.shell.commands import Command, option_is
from reimage.shell.package_managers.manager import PackageManager, Verb
from reimage.shell.package_managers.table import BY_PROGRAM
from reimage.shell.words import Word
from reimage.shell.wrappers import behind_xargs
from reimage.text import Span, late

_PYTHON = late(r"(?:python|pypy)[\d.]*")
_NUMBERED_PIP = late(r"pip[\d.]+")
_LONGEST_VERB = 3
# With these the program says something about itself and does nothing else.
_INFORMING = frozenset({"--version", "--help", "-h"})


class PackageOperation(NamedTuple):
    """A call of a package manager. `command` is without sudo, env, `python -m` and the like.

    `verb_words` are those that say what to do (`cache clean`; pacman's `-Sy`); options may follow
    them. `packages` leaves out options and their values. With `more_from_input` xargs adds others.
    """

    manager: PackageManager
    verb: Verb
    command: Command
    packages: tuple[Word, ...]
    verb_words: tuple[Word, ...] = ()
    more_from_input: bool = False

    def has(self, *options: str) -> bool:
        """Whether one of the options is given, anywhere in the command."""
        return self.command.has_option(*options)

    @property
    def assumes_yes(self) -> bool:
        """Whether no question is asked, because of an option or because there never is one."""
        return (
            not self.manager.needs_yes
            or self.has(*self.manager.assume_yes)
            or any(
                option_is(word, name)
                for word in self._before_verb()
                for name in self.manager.global_assume_yes
            )
        )

    @property
    def skips_recommends(self) -> bool:
        """Whether packages that are merely recommended stay out."""
        pattern = self.manager.no_recommends_pattern
        return pattern is not None and any(
            pattern.fullmatch(value) for value in self.command.values if value
        )

    def _before_verb(self) -> tuple[Word, ...]:
        if not self.verb_words:
            return self.command.arguments
        verb_start = self.verb_words[0].span.start
        return tuple(word for word in self.command.arguments if word.span.start < verb_start)


def package_operation(command: Command) -> PackageOperation | None:
    """The package operation that `command` is, also behind sudo, env, xargs or `python -m`."""
    return command.package_operation


def read_operation(command: Command) -> PackageOperation | None:
    """What `command.package_operation` keeps."""
    command = command.unwrapped()
    added_to = behind_xargs(command)
    if added_to is not None:
        inner = added_to.package_operation
        return inner and inner._replace(more_from_input=True)
    command = _launched(command)
    name = command.name or ""
    is_pip = name.startswith("pip") and _NUMBERED_PIP.fullmatch(name)
    manager = BY_PROGRAM.get("pip" if is_pip else name)
    if manager is None:
        return None
    if manager.name == "pacman":
        return _pacman_operation(manager, command)
    operands = tuple(_operands(manager, command))
    verb, width = _verb(manager, operands)
    if not width and any(word.value in _INFORMING for word in command.options):
        verb = Verb.OTHER
    return PackageOperation(manager, verb, command, operands[width:], operands[:width])


def _launched(command: Command) -> Command:
    """Without `python -m` or `corepack` in front."""
    name = command.name
    if name == "corepack":
        is_known = len(command.words) > 1 and command.words[1].value in BY_PROGRAM
        return _from(command, 1) if is_known else command
    if not name or not name.startswith("py") or not _PYTHON.fullmatch(name):
        return command
    values = command.values
    at = 1
    while at < len(values) and re.fullmatch(r"-[bBdEIOPqRsSuvx]+", values[at] or ""):
        at += 1
    if at + 1 < len(values) and values[at] == "-m" and values[at + 1] in BY_PROGRAM:
        return _from(command, at + 1)
    return command


def _from(command: Command, at: int) -> Command:
    words = command.words[at:]
    return command._replace(words=words, span=Span(words[0].span.start, command.span.end))


def _verb(manager: PackageManager, operands: tuple[Word, ...]) -> tuple[Verb, int]:
    """What the first operands say to do, and how many of them say it."""
    for width in range(min(_LONGEST_VERB, len(operands)), 0, -1):
        said = " ".join(word.value or "" for word in operands[:width])
        if said in manager.verbs:
            return manager.verbs[said], width
    if operands:
        return Verb.OTHER, 1
    return manager.verbs.get("", Verb.OTHER), 0


def _operands(manager: PackageManager, command: Command) -> Iterator[Word]:
    """The arguments that are neither options nor values of options."""
    is_value = only_operands = seen_operand = False
    for word in command.arguments:
        value = word.value if word.value is not None else word.text
        if is_value:
            is_value = False
        elif only_operands or not value.startswith("-") or value == "-":
            seen_operand = True
            yield word
        elif value == "--":
            only_operands = True
        else:
            is_value = _takes_next(manager, value, seen_operand)


def _takes_next(manager: PackageManager, option: str, after_verb: bool) -> bool:
    """Whether the next word is the value of `option`."""
    valued = manager.value_options
    if not after_verb and manager.global_value_options:
        valued = manager.global_value_options
    if option in valued:
        return True
    if option.startswith("--") or not manager.clusters:
        return False
    for at, letter in enumerate(option[1:], 1):
        if "-" + letter in valued:
            return at == len(option) - 1
    return False


def _pacman_operation(manager: PackageManager, command: Command) -> PackageOperation:
    packages = tuple(_operands(manager, command))
    long_names = {"--sync": "-S", "--remove": "-R", "--upgrade": "-U"}
    modifiers = {"--refresh": "y", "--sysupgrade": "u", "--clean": "c", "--search": "s"}
    for word in command.options:
        letters = long_names.get(word.value or "", word.value or "")
        if letters[:2] in ("-S", "-R", "-U"):
            letters += "".join(modifiers.get(option.value or "", "") for option in command.options)
            verb = _pacman_verb(letters[1], letters[2:], bool(packages))
            return PackageOperation(manager, verb, command, packages, (word,))
    return PackageOperation(manager, Verb.OTHER, command, packages)


def _pacman_verb(operation: str, modifiers: str, has_packages: bool) -> Verb:
    if operation == "R":
        return Verb.REMOVE
    if operation == "U":
        return Verb.INSTALL
    if "c" in modifiers:
        return Verb.CLEAN
    if any(letter in modifiers for letter in "silgp"):
        return Verb.OTHER
    if has_packages:
        return Verb.INSTALL
    if "u" in modifiers:
        return Verb.UPGRADE
    return Verb.UPDATE if "y" in modifiers else Verb.OTHER
