"""Commands that install what the manifests of a project ask for, and where they run."""

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from reimage.dockerfile import Run
from reimage.model.copies.copied_files import place
from reimage.model.runs import RunFacts
from reimage.model.stages import Stage
from reimage.shell import Command, PackageOperation, Statement, Verb, Word, package_operation
from reimage.text import late

_VERBS = {
    "npm": frozenset("install i in ins inst insta instal isnt isnta isntal isntall".split())
    | frozenset("ci clean-install ic install-clean isntall-clean".split()),
    "yarn": frozenset(("", "install")),
    "pnpm": frozenset(("install", "i", "ci", "clean-install")),
    "bun": frozenset(("install", "i", "ci")),
    "bundle": frozenset(("", "install", "i")),
    "composer": frozenset(("install", "i")),
    "go": frozenset(("mod download",)),
    "poetry": frozenset(("install", "sync")),
    "pipenv": frozenset(("install", "sync")),
    "uv": frozenset(("sync", "pip install", "pip sync")),
    "pip": frozenset(("install",)),
    "cargo": frozenset(("fetch",)),
    "maven": frozenset(("dependency:go-offline", "dependency:resolve")),
    "dotnet": frozenset(("restore",)),
}
_REQUIREMENTS = ("-r", "--requirement", "--requirements")
_CONSTRAINTS = ("-c", "--constraint", "--constraints", "-b", "--build-constraint")
_LOCAL = late(r"[.~/]|file:|[^@]*@ *file:|[^:]*/(?!/)(?!.*://)|.*\.(?:whl|zip|tar\.\w+|tgz)$")
_URL = late(r"(?:\w+\+)?\w+://")


class Step(NamedTuple):
    """A command of the script's top-level chain, and the directory it runs in (None: unknown)."""

    statement: Statement
    command: Command
    directory: str | None


class ProjectInstall(NamedTuple):
    """A command that installs a project's dependencies in `directory`.

    `named` are the places of the requirement and constraint files that the command itself names.
    `extra` tells why it needs more than manifests: local packages on its command line.
    """

    operation: PackageOperation
    directory: str
    named: tuple[str, ...] = ()
    extra: str | None = None

    @property
    def manager(self) -> str:
        """The manager whose manifests are read; `uv pip` reads those of pip."""
        name = self.operation.manager.name
        return "pip" if name == "uv" and self.said.startswith("pip") else name

    @property
    def said(self) -> str:
        return said_by(self.operation)


def steps(run: RunFacts, stage: Stage) -> tuple[Step, ...] | None:
    """The commands of a RUN that is a chain of simple commands, None for anything more involved."""
    script = run.script
    if script is None or script.opaque:
        return None
    found: list[Step] = []
    directory: str | None = place(".", stage, run.run)
    for statement in script.statements:
        plain = statement.kind == "command" and len(statement.commands) == 1
        if not plain or statement.background or statement.connector not in ("", "&&", ";", "\n"):
            return None
        command = statement.commands[0]
        if command.name == "cd":
            directory = _changed(directory, command)
        found.append(Step(statement, command, directory))
    return tuple(found)


def _changed(directory: str | None, command: Command) -> str | None:
    target = command.arguments[0].value if len(command.arguments) == 1 else None
    if target is None or target.startswith(("~", "-")):
        return None
    if target.startswith("/"):
        return "/" + posixpath.normpath(target).lstrip("/")
    return directory and posixpath.normpath(posixpath.join(directory, target))


def installs(run: RunFacts, stage: Stage) -> Iterator[ProjectInstall]:
    """The project installs in the top-level chain of a RUN."""
    for step in steps(run, stage) or ():
        if found := project_install(step):
            yield found


def project_install(step: Step) -> ProjectInstall | None:
    """The install that a command is, None if it is something else or runs nobody knows where."""
    operation = package_operation(step.command)
    if operation is None or operation.verb is not Verb.INSTALL or step.directory is None:
        return None
    said = said_by(operation)
    if said not in _VERBS.get(operation.manager.name, ()) or operation.more_from_input:
        return None
    if operation.manager.name == "pip" or said.startswith("pip "):
        return _pip_install(operation, step.directory)
    if operation.packages and operation.manager.name != "dotnet":
        return None
    if operation.has("--global", "--location") or "-g" in operation.command.values:
        return None
    return ProjectInstall(operation, step.directory)


def said_by(operation: PackageOperation) -> str:
    """The words that say what to do, without options in between."""
    return " ".join(word.value or "" for word in operation.verb_words)


def _pip_install(operation: PackageOperation, directory: str) -> ProjectInstall | None:
    named: list[str] = []
    extra: str | None = None
    has_requirements = operation.manager.name == "uv" and said_by(operation) == "pip sync"
    words = list(operation.packages) if has_requirements else []
    for option, word in file_options(operation.command):
        if option in _REQUIREMENTS or option in _CONSTRAINTS:
            words.append(word)
            has_requirements = has_requirements or option in _REQUIREMENTS
        elif option in ("-e", "--editable") and is_local(word):
            extra = f"it installs {word.text} from its sources"
    for word in words:
        if word.value is None or word.has_glob:
            extra = extra or f"it is not known which file {word.text} is"
        elif not _URL.match(word.value):
            named.append(_seen_from(directory, word.value))
    local = [word for word in operation.packages if word not in words and is_local(word)]
    if local:
        extra = extra or f"it installs {local[0].text} from its sources"
    if not has_requirements and not extra:
        return None
    return ProjectInstall(operation, directory, tuple(named), extra)


def file_options(command: Command) -> Iterator[tuple[str, Word]]:
    """pip's options of one value that name files; clusters (`-Ur file`) taken apart."""
    words = iter(command.arguments)
    for word in words:
        text = word.value if word.value is not None else word.text
        name, equals, value = text.partition("=")
        if name.startswith("--") and equals:
            yield name, Word(word.span, value, value if word.value is not None else None)
        elif name in (*_REQUIREMENTS, *_CONSTRAINTS, "-e", "--editable"):
            if following := next(words, None):
                yield name, following
        elif cluster := re.fullmatch(r"-[a-zA-Z]*?([rce])(.*)", text):
            if cluster[2]:
                yield f"-{cluster[1]}", Word(word.span, cluster[2], cluster[2])
            elif following := next(words, None):
                yield f"-{cluster[1]}", following


def is_local(word: Word) -> bool:
    """Whether what is installed is a file or folder, not a name or a URL."""
    text = word.value if word.value is not None else word.text
    is_remote = _URL.match(text) or text.startswith("@")
    return not is_remote and _LOCAL.match(text) is not None


def _seen_from(directory: str, path: str) -> str:
    if path.startswith("/"):
        return "/" + posixpath.normpath(path).lstrip("/")
    return posixpath.normpath(posixpath.join(directory, path))


def is_chain_of_its_own(run: Run) -> bool:
    """Whether the RUN is an ordinary one: no heredoc, nothing mounted from the context."""
    mounted = any(
        mount.get("type", "bind") == "bind" and not mount.get("from") for mount in run.mounts
    )
    return not run.heredocs and not mounted
