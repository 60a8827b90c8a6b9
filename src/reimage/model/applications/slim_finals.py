"""The slim relative of a fat base that a final stage ends on, and what has to come along.

The full images of languages are made from buildpack-deps: compilers, version control and the
headers of some forty libraries. What of that an application uses is looked for in what the stage
runs, what it starts and what its packages link to; the rest stays behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from reimage.dockerfile import Onbuild
from reimage.model.applications.application import ASSUMED, ASSUMED_OF_A_BUILT_IMAGE
from reimage.model.applications.entry import Entry, entry
from reimage.model.applications.entry_scripts import entry_script
from reimage.model.applications.linked_libraries import linked
from reimage.model.applications.references import Official, official
from reimage.model.applications.started_elsewhere import lacking
from reimage.model.applications.started_programs import started_by_sources
from reimage.model.applications.steps import Kind, Step, steps
from reimage.model.applications.system_packages import package_of_program
from reimage.model.context import ContextFacts, NeedsContext
from reimage.model.packages.package_names import package_names
from reimage.model.stages import Stage
from reimage.shell import Verb
from reimage.text import late

_LANGUAGES = ("python", "node", "ruby")
_JDK = late(r"(\d+(?:\.[\d.]+)?(?:_\d+)?)(?:-jdk)?((?:-(?:jammy|noble|focal))?)")
_SDK = late(r"(mcr\.microsoft\.com/dotnet)/sdk:(\d+\.\d+(?:\.\d+)?)((?:-[a-z]+(?:-slim)?)?)")
_OF_THE_JDK = frozenset("javac jar jcmd jstack jmap jstat jps jlink jshell javap jdb".split())
_COMPILERS = frozenset("gcc g++ cc c++ clang clang++ make cmake ninja meson cargo go ghc".split())
_FETCHERS = frozenset(("curl", "wget", "git"))
_INSTALLERS = ("bundle", "gem", "npm", "npx", "pip", "rake", "yarn")
"""What the slim images of languages have besides the interpreter."""
_FROM_FILES = ("--no-index", "--only-binary")


class SlimFinal(NamedTuple):
    """The `image` that takes the place, the Debian `packages` that it lacks, and what is `assumed`
    in one clause, None for nothing."""

    image: str
    packages: tuple[str, ...] = ()
    assumed: str | None = None


def slim_final(stage: Stage, context: ContextFacts | None) -> SlimFinal | NeedsContext | str | None:
    """What a fat final stage can end on; a sentence where it has to stay; None where it is not fat
    or has no slim relative."""
    image = stage.image or ""
    base = official(image, *_LANGUAGES, "debian")
    smaller = _smaller(stage, base)
    if smaller is None:
        return None
    if problem := _unsettled(stage):
        return problem
    found, started = steps(stage), entry(stage)
    if isinstance(found, str):
        return found
    if isinstance(started, str):
        return started
    if base is not None and base.name == "debian":
        return SlimFinal(smaller)
    if problem := _builds(found):
        return problem
    if base is None:
        return _other_runtime(smaller, started, found)
    if context is None:
        return NeedsContext()
    return _of_a_language(stage, base, started, found, context)


def _smaller(stage: Stage, base: Official | None) -> str | None:
    image = stage.image or ""
    if base is not None:
        named = bool(base.version or base.release)
        return base.slim_sibling if base.debian and not base.slim and named else None
    if match := _SDK.fullmatch(image):
        return f"{match[1]}/aspnet:{match[2]}{match[3]}" if "alpine" not in match[3] else None
    java = official(image, "eclipse-temurin")
    match = _JDK.fullmatch(f"{java.version}-{java.variant}".strip("-")) if java else None
    return f"{java.prefix}eclipse-temurin:{match[1]}-jre{match[2]}" if java and match else None


def _unsettled(stage: Stage) -> str | None:
    text = stage.from_.image.text if stage.from_.image else ""
    if text != stage.image:
        return "build arguments decide what it is"
    if "@" in text:
        return "it is pinned to a digest, and that of another image is not known"
    if any(isinstance(each, Onbuild) for each in stage.instructions):
        return "ONBUILD is meant for the image that this one is the base of"
    return None


def _builds(found: tuple[Step, ...]) -> str | None:
    """Why a RUN of the final stage may need what only the full image has."""
    for step in found:
        name = step.command.name or ""
        if step.kind is Kind.BUILD:
            return f"{name} builds in the final stage"
        if step.kind is Kind.DEPENDENCIES and not _is_unpacking(step):
            return f"{name} installs in the final stage, and may have to compile"
    return None


def _is_unpacking(step: Step) -> bool:
    """Whether only wheels that were built before are installed."""
    operation = step.operation
    if operation is None or operation.manager.name != "pip" or operation.verb is not Verb.INSTALL:
        return False
    paths = [word.text for word in operation.packages]
    of_files = bool(paths) and all(path.endswith((".whl", "/*")) for path in paths)
    return of_files or operation.has(*_FROM_FILES)


def _other_runtime(image: str, started: Entry, found: tuple[Step, ...]) -> SlimFinal | str:
    is_java = "eclipse-temurin" in image
    runtime = "java" if is_java else "dotnet"
    used = {step.command.name or "" for step in found} | set(started.programs)
    if started.program != runtime:
        return f"it starts {started.program}, which is not known to do without the development kit"
    if tool := next((name for name in used if name in _OF_THE_JDK), None):
        return f"it uses {tool}, which the runtime's image lacks"
    if not is_java and (len(started.words) < 2 or not (started.words[1] or "").endswith(".dll")):
        return f"dotnet {started.words[1] if len(started.words) > 1 else ''} is part of the SDK"
    if other := sorted(used & (_FETCHERS | {"ps", "unzip"})):
        return f"it uses {other[0]}, which the runtime's image may lack"
    return SlimFinal(image, assumed="that it needs no tool of the development kit")


def _of_a_language(
    stage: Stage, base: Official, started: Entry, found: tuple[Step, ...], context: ContextFacts
) -> SlimFinal | str:
    if compiler := next(_compilers(stage), None):
        return (
            f"{compiler} builds a program in a stage before, and which libraries of {stage.image} "
            "it needs is not known"
        )
    programs = _programs(stage, started, found, context)
    if isinstance(programs, str):
        return programs
    libraries = linked(base.name, context)
    if isinstance(libraries, str):
        return libraries
    of_programs = filter(None, map(package_of_program, programs))
    present = set(_installed(found))
    needs = [each for each in dict.fromkeys((*libraries, *of_programs)) if each not in present]
    if _FETCHERS.intersection(needs) and base.name != "python" and "ca-certificates" not in present:
        needs.append("ca-certificates")
    there = (*needs, *present, *_INSTALLERS)
    if problem := lacking(context, stage, started, base.slim_sibling, there):
        return problem
    if any(name.startswith("libldap") for name in needs) and base.release != "bookworm":
        return "each release of Debian has another name for the library of python-ldap"
    return SlimFinal(
        base.slim_sibling,
        tuple(needs),
        ASSUMED_OF_A_BUILT_IMAGE if context.built else ASSUMED,
    )


def _compilers(stage: Stage) -> Iterator[str]:
    for other in stage.uses:
        for run in other.runs:
            for command in run.commands:
                name = command.unwrapped().name
                if name in _COMPILERS:
                    yield name


def _programs(
    stage: Stage, started: Entry, found: tuple[Step, ...], context: ContextFacts
) -> tuple[str, ...] | str:
    """The programs that are started while it builds or runs, as far as the sources are read."""
    names = [*started.programs, *(step.command.name or "" for step in found)]
    script = entry_script(stage, started, context)
    if isinstance(script, str):
        return script
    if script is not None:
        names += script.programs
    if official(stage.image or "", "python"):
        sources = context.python.facts() if context.python else None
        if sources is not None and sources.opened_libraries:
            return f"{sources.opened_libraries[0]} opens a library by name, which may not be there"
        of_sources = started_by_sources(context)
        if isinstance(of_sources, str):
            return of_sources
        names += of_sources
    if compiler := next((name for name in names if name in _COMPILERS), None):
        return f"it starts {compiler} when it runs"
    return tuple(dict.fromkeys(names))


def _installed(found: tuple[Step, ...]) -> Iterator[str]:
    for step in found:
        if step.kind is Kind.PACKAGES and step.operation and step.operation.verb is Verb.INSTALL:
            for word in step.operation.packages:
                yield from filter(None, package_names(step.run, word))
