"""C: a program that make builds, and the shared libraries that the Makefile links it to."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from types import MappingProxyType

from reimage.model.applications.application import Application, Artifact
from reimage.model.applications.data_files import carried
from reimage.model.applications.entry import Entry
from reimage.model.applications.parts import parts
from reimage.model.applications.references import official
from reimage.model.applications.steps import Kind, Step
from reimage.model.applications.system_packages import (
    PACKAGE_OF_A_LIBRARY,
    installed_packages,
    runtime_packages,
)
from reimage.model.context import ContextFacts
from reimage.model.paths import is_at_or_above
from reimage.model.stages import Stage
from reimage.text import late

# Of the images whose compiler and C library are those of Debian 12.
_BOOKWORM = frozenset(("12", "13"))
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_LINKED = late(r"(?<![\w-])-l([\w+.-]+)")
_UNCLEAR = ("pkg-config", "pkgconf", "$(shell", "`", " -L", "-lstdc++")
_OTHER_LANGUAGES = (".cc", ".cpp", ".cxx", ".C", ".f", ".f90", ".hpp", ".go", ".rs")
_IN_LIBC = MappingProxyType(dict.fromkeys("c m dl pthread rt util".split(), ""))


def c_application(
    stage: Stage, steps: Sequence[Step], started: Entry, context: ContextFacts
) -> Application | str | None:
    """How a C program runs without the compiler; None where make builds none."""
    base = official(stage.image or "", "gcc")
    made = [step for step in steps if step.kind is Kind.BUILD and step.command.name == "make"]
    if base is None or not made:
        return None
    if base.version.partition(".")[0] not in _BOOKWORM or base.release not in (None, "bookworm"):
        return f"the libraries that programs of gcc:{base.version} are linked to are not known"
    linked = _libraries(context)
    if isinstance(linked, str):
        return linked
    installed = installed_packages(steps)
    if isinstance(installed, str):
        return installed
    rest = [each for each in installed if not each.endswith("-dev")]
    packages = runtime_packages((*rest, *linked), started.programs)
    if isinstance(packages, str):
        return packages
    source = made[0].run.state.workdir or "/"
    found = parts(stage, steps, (source,))
    if isinstance(found, str):
        return found
    installs = [each for each in found.artifacts if not is_at_or_above(source, each.path)]
    files = _files(stage, started, source, installs, context)
    if isinstance(files, str):
        return files
    return Application(
        base="debian:bookworm-slim",
        packages=packages,
        artifacts=files,
        assumed="that the Makefile names all libraries, and that no other program is started",
    )


def _libraries(context: ContextFacts) -> tuple[str, ...] | str:
    """The packages that hold what the program is linked to."""
    text = next((context.texts[name] for name in _MAKEFILES if name in context.texts), None)
    if text is None:
        return "there is no Makefile to read at the top of the build context"
    if other := next((path for path in context.files if path.endswith(_OTHER_LANGUAGES)), None):
        return f"{other} is not C, and the libraries of its language are not looked for"
    if unclear := next((each for each in _UNCLEAR if each in text), None):
        return f"the Makefile has {unclear}, which hides the libraries that it links to"
    if any(line.startswith(("include ", "-include ")) for line in text.splitlines()):
        return "the Makefile includes others, which may link to more libraries"
    packages: list[str] = []
    for name in dict.fromkeys(match[1] for match in _LINKED.finditer(text)):
        if name in _IN_LIBC:
            continue
        if name not in PACKAGE_OF_A_LIBRARY:
            return f"it is not known which package has the library of -l{name}"
        packages.append(PACKAGE_OF_A_LIBRARY[name])
    return tuple(packages)


def _files(
    stage: Stage,
    started: Entry,
    source: str,
    installs: Sequence[Artifact],
    context: ContextFacts,
) -> tuple[Artifact, ...] | str:
    """What was installed, where what starts is among it; else the program in the sources."""
    word = started.program or ""
    folder = stage.end.workdir or "/"
    if "/" in word:
        path = posixpath.normpath(posixpath.join(folder, word))
        candidates = [path]
    else:
        searched = stage.end.env.get("PATH", "").split(":")
        candidates = [f"{each}/{word}" for each in searched if each.startswith("/")]
    for path in candidates:
        if any(is_at_or_above(each.path, path) for each in installs):
            return tuple(installs)
    if "/" not in word or not is_at_or_above(source, candidates[0]):
        return f"what it starts, {word}, is not what make builds or installs"
    text = next(context.texts[name] for name in _MAKEFILES if name in context.texts)
    if "-shared" in text:
        return "make builds shared libraries as well, and where they are looked for is not known"
    data = carried(stage, context, candidates[0], ("src/", "include/"))
    if isinstance(data, str):
        return data
    return (*installs, *data, Artifact(candidates[0]))
