"""What tar, unzip and installers unpack, and where to.

Sources: GNU tar's manual, unzip(1), dpkg(1), rpm(8).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from reimage.model.paths import plain_text
from reimage.shell import Command, Verb, Word, package_operation
from reimage.text import late

_TAR_VALUED = frozenset("bfFgHIKLNTVX")
_TAR_LONG_VALUED = frozenset(
    "--exclude --exclude-from --transform --xform --owner --group --mode --use-compress-program"
    " --strip-components --strip --wildcards-match --files-from --blocking-factor --format".split()
)


class Extraction(NamedTuple):
    """An archive that is unpacked into `directory`; `archive` is None for standard input."""

    archive: Word | None
    directory: str


def extraction(command: Command) -> Extraction | None:
    """What a tar or unzip command unpacks; None when it does something else, or nothing clear."""
    if command.name in ("tar", "bsdtar"):
        return _tar(command)
    if command.name == "unzip":
        return _unzip(command)
    return None


_PACKAGE = late(r"\.(?:deb|rpm|apk|whl|tar\.gz|tgz|zip|gem)[\"']?$")
_NEEDED_LATER = late(r"\.(?:jar|war|ear|aar)[\"']?$", re.IGNORECASE)
_INSTALLER = late(
    r"(?:^|[/\"'])(?:[^/]*(?:install|setup|mini(?:conda|forge)|anaconda|mambaforge)[^/]*"
    r"|get-\w+\.(?:py|sh)|[^/]*\.(?:run|bin))[\"']?$",
    re.IGNORECASE,
)
_SHELLS = frozenset({"ash", "bash", "dash", "sh"})
_PYTHON = late(r"python[\d.]*")
_INSTALLING = {"dpkg": ("-i", "--install"), "rpm": ("-i", "-U", "--install", "--upgrade")}


def used_up(command: Command) -> Word | None:
    """The archive, package or installer that the command unpacks, so that it is of no more use."""
    found = extraction(command)
    word = found.archive if found else _installed(command)
    if word is None or _NEEDED_LATER.search(word.text):
        return None
    return word


def _installed(command: Command) -> Word | None:
    name = command.name or ""
    if name in _INSTALLING and command.has_option(*_INSTALLING[name]):
        return command.operands[0] if len(command.operands) == 1 else None
    if name in _SHELLS or _PYTHON.fullmatch(name):
        script = command.arguments[0] if command.arguments else None
        return script if script and _INSTALLER.search(script.text) else None
    if command.words and "/" in command.words[0].text and _INSTALLER.search(command.words[0].text):
        return command.words[0]
    if not _PACKAGE.search(command.words[-1].text if command.words else ""):
        return None
    operation = package_operation(command)
    if operation and operation.verb is Verb.INSTALL and len(operation.packages) == 1:
        package = operation.packages[0]
        return package if _PACKAGE.search(package.text) else None
    return None


class _Tar:
    def __init__(self) -> None:
        self.letters = ""
        self.archive: Word | None = None
        self.directory: str | None = "."

    def give(self, letter: str, word: Word | None) -> None:
        if letter == "f":
            self.archive = word
        elif letter == "C":
            self.directory = plain_text(word) if word else None


def _tar(command: Command) -> Extraction | None:
    tar = _Tar()
    words = iter(command.arguments)
    for at, word in enumerate(words):
        text = word.value if word.value is not None else word.text
        if text.startswith("--"):
            if not _long_option(tar, word, text, words):
                return None
        elif text.startswith("-") and text != "-":
            _letters(tar, text[1:], words, word)
        elif at == 0:
            for letter in text:
                if letter in _TAR_VALUED or letter == "C":
                    tar.give(letter, next(words, None))
            tar.letters += text
    if "x" not in tar.letters or tar.directory is None:
        return None
    from_input = tar.archive is None or tar.archive.text == "-"
    return Extraction(None if from_input else tar.archive, tar.directory)


def _letters(tar: _Tar, letters: str, words: Iterator[Word], word: Word) -> None:
    for at, letter in enumerate(letters):
        if letter in _TAR_VALUED or letter == "C":
            rest = letters[at + 1 :]
            if not rest:
                tar.give(letter, next(words, None))
            elif letter == "C":
                tar.directory = rest if word.value is not None else None
            elif letter == "f":
                # `-fx.tgz`: the archive is no word of its own.
                tar.letters = ""
                tar.directory = None
            return
        tar.letters += letter


def _long_option(tar: _Tar, word: Word, text: str, words: Iterator[Word]) -> bool:
    name, equals, value = text.partition("=")
    if name in ("--extract", "--get"):
        tar.letters += "x"
    elif name == "--directory":
        if equals:
            tar.directory = value if word.value is not None else None
        else:
            tar.give("C", next(words, None))
    elif name == "--file":
        if equals:
            return False
        tar.give("f", next(words, None))
    elif name in _TAR_LONG_VALUED and not equals:
        next(words, None)
    return True


def _unzip(command: Command) -> Extraction | None:
    archive: Word | None = None
    directory: str | None = "."
    words = iter(command.arguments)
    for word in words:
        text = word.value if word.value is not None else word.text
        if text.startswith("-") and text != "-":
            if any(letter in text for letter in "lptvZ"):
                return None
            if text.endswith("d"):
                target = next(words, None)
                directory = plain_text(target) if target else None
        elif archive is None:
            archive = word
    if archive is None or directory is None:
        return None
    return Extraction(archive, directory)
