"""What each command of a stage's RUNs is for: which of its work the application runs with."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reimage.model.copies.file_effects import Effect, FileEffect, Place
from reimage.model.paths import UNKNOWN, join
from reimage.model.runs import RunFacts
from reimage.model.stages import Stage
from reimage.shell import Command, PackageOperation, Verb
from reimage.text import late


class Kind(enum.Enum):
    """What a command does."""

    PACKAGES = "installs packages of the distribution"
    DEPENDENCIES = "installs packages of the language"
    BUILD = "makes something of the sources, beside them"
    INSTALL = "puts what was built among the files of the system"
    ACCOUNT = "makes a user or a group"
    FILES = "writes, moves or removes files that it names"
    NOTHING = "leaves nothing behind"


class Step(NamedTuple):
    """One command; `effects` are those on files that it names."""

    kind: Kind
    command: Command
    run: RunFacts
    operation: PackageOperation | None = None
    effects: tuple[FileEffect, ...] = ()


_DISTRIBUTION = frozenset(("apt", "apt-get", "apk", "dnf", "yum", "microdnf", "tdnf", "zypper"))
_ACCOUNTS = frozenset("useradd adduser usermod groupadd addgroup groupmod".split())
_HARMLESS = frozenset(
    """
    : [ [[ test true set export unset cd pushd popd echo printf cat ls pwd env id whoami date sleep
    which command type grep egrep head tail wc uname nproc file readelf ldd sha256sum sha512sum
    md5sum dpkg-architecture exit ldconfig
    """.split()
)
_FILES = frozenset(
    "mkdir rm rmdir unlink mv cp ln touch chmod chown chgrp tar unzip curl wget gunzip unxz".split()
)
_BUILDERS = frozenset(
    """
    make ninja meson gcc g++ cc c++ clang clang++ strip javac jar tsc vite webpack esbuild rollup ng
    next nuxt gulp grunt protoc sass configure autoreconf
    """.split()
)
_SITE_BUILDERS = frozenset("mkdocs sphinx-build pelican nikola lektor".split())
_ACTS = late(r"-(?:delete|exec|ok|fprint|fls)")  # what find does to files
_IMPORT = late(r"\s*(?:import|from)\s[\w\s.,]+")
_TOLD_BY_PIP = ("check", "freeze", "list", "show")
_PYTHON = late(r"python[\d.]*")
_RUNNERS = frozenset(
    "npm yarn pnpm bun npx pnpx bunx go cargo mvn mvnw gradle gradlew dotnet poetry uv".split()
)
_ELSEWHERE = late(r"(?:/dev/|\|?$)")


def steps(stage: Stage) -> tuple[Step, ...] | str:
    """The commands of every RUN in order, or why one of them is not understood."""
    found: list[Step] = []
    for run in stage.runs:
        if run.opaque:
            return f"it is not known what a RUN does: {run.opaque}"
        for command in run.commands:
            step = _step(command, run)
            if step is None:
                name = command.name or (command.words[0].text if command.words else "a command")
                return f"it is not known what {name} leaves behind"
            found.append(step)
    return tuple(found)


def _step(command: Command, run: RunFacts) -> Step | None:
    effects = tuple(each for each in run.file_effects if each.command is command)
    operation = command.package_operation
    inner = command.unwrapped()
    name = inner.name or ""
    if operation and _only_tells(operation):
        return Step(Kind.FILES if effects else Kind.NOTHING, inner, run, None, effects)
    if operation:
        kind = _package_kind(operation)
        return Step(kind, inner, run, operation, effects) if kind else None
    if not inner.words:
        return Step(Kind.NOTHING, inner, run)
    if name in _ACCOUNTS:
        return Step(Kind.ACCOUNT, inner, run)
    if name in (".", "source") and (inner.values[-1] or "").endswith("/bin/activate"):
        return Step(Kind.NOTHING, inner, run)
    if name in ("locale-gen", "localedef"):
        place = Place("/usr/lib/locale/locale-archive")
        return Step(Kind.FILES, inner, run, None, (FileEffect(Effect.WRITE, place, command),))
    if name == "sed" and inner.values[-1] == "/etc/locale.gen":
        return Step(Kind.NOTHING, inner, run)
    if _PYTHON.fullmatch(name) and _only_imports(inner):
        return Step(Kind.NOTHING, inner, run)
    if name == "find" and not any(value is None or _ACTS.match(value) for value in inner.values):
        return Step(Kind.NOTHING, inner, run)
    return _working_step(inner, run, effects)


def _working_step(inner: Command, run: RunFacts, effects: tuple[FileEffect, ...]) -> Step | None:
    name = inner.name or ""
    if name in _FILES:
        return Step(Kind.FILES, inner, run, None, effects)
    if name in _HARMLESS:
        kind = Kind.FILES if effects else Kind.NOTHING
        return Step(kind, inner, run, None, effects)
    if database := _database(inner):
        place = Place(join(run.state.workdir or UNKNOWN, database))
        return Step(Kind.FILES, inner, run, None, (FileEffect(Effect.WRITE, place, inner),))
    if is_build(inner):
        return Step(Kind.BUILD, inner, run, None, effects)
    if prefix := _installed_to(inner):
        place = Place(prefix, tree=True)
        return Step(Kind.BUILD, inner, run, None, (FileEffect(Effect.WRITE, place, inner),))
    return Step(Kind.INSTALL, inner, run) if _installs(inner) else None


def _installs(command: Command) -> bool:
    """Whether it installs what was built, to a place that the build knows."""
    values = command.values[1:]
    if None in values or any("DESTDIR" in (value or "") for value in values):
        return False
    if command.name == "cmake":
        return "--install" in values or ("--target" in values and "install" in values)
    return command.name in ("make", "ninja", "meson") and values[:1] == ("install",)


def _installed_to(command: Command) -> str | None:
    """The directory that `make install PREFIX=…` fills; None where more decides about it."""
    names = dict(value.split("=", 1) for value in command.values[1:] if value and "=" in value)
    prefix = names.get("PREFIX") or names.get("prefix")
    known = command.name == "make" and None not in command.values and "DESTDIR" not in names
    return prefix if known and prefix and prefix.startswith("/") else None


def _database(command: Command) -> str | None:
    """The file that `sqlite3 FILE` fills."""
    operands = command.operands
    return operands[0].value if command.name == "sqlite3" and len(operands) == 1 else None


def _only_imports(command: Command) -> bool:
    """Whether it is `python -c "import …"`, which tries whether something can be imported."""
    values = command.values
    return len(values) == 3 and values[1] == "-c" and _IMPORT.fullmatch(values[2] or "") is not None


def _only_tells(operation: PackageOperation) -> bool:
    """Whether it is `pip check` or the like, which prints what is installed."""
    operands = operation.command.operands
    return operation.manager.name == "pip" and bool(operands) and operands[0].value in _TOLD_BY_PIP


def _package_kind(operation: PackageOperation) -> Kind | None:
    if operation.manager.name in _DISTRIBUTION:
        return Kind.PACKAGES
    if operation.verb in (Verb.INSTALL, Verb.UPGRADE, Verb.REMOVE):
        return Kind.DEPENDENCIES
    if operation.verb in (Verb.CLEAN, Verb.UPDATE):
        return Kind.NOTHING
    return Kind.BUILD


def is_build(command: Command) -> bool:
    """Whether the command makes something of the sources in the directory where it runs."""
    name = command.name or ""
    if name == "make":
        return not any("install" in (value or "install") for value in command.values[1:])
    if name in ("cmake", "ninja", "meson"):
        return not any(value and "install" in value for value in command.values[1:])
    if name in _SITE_BUILDERS:
        return not any((value or "/").startswith(("/", "..")) for value in command.values[1:])
    return name in _BUILDERS or name in _RUNNERS or _PYTHON.fullmatch(name) is not None


def written(found: Sequence[Step]) -> Iterator[Place]:
    """The places that commands other than package managers write and that are still there."""
    left: list[Place] = []
    for step in found:
        if step.kind in (Kind.PACKAGES, Kind.DEPENDENCIES):
            continue
        for effect, place, _ in step.effects:
            if effect is Effect.REMOVE:
                left = [each for each in left if not _is_below(each.path, place.path)]
            elif effect in (Effect.WRITE, Effect.MAKE, Effect.MODE):
                left.append(place)
    return iter(dict.fromkeys(left))


def _is_below(path: str, other: str) -> bool:
    return path == other or path.startswith(other.rstrip("/*") + "/")
