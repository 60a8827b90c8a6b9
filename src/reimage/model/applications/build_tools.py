"""Packages of a final stage that only its build uses: compilers, headers, version control.

Debian's names and Alpine's. What a compiled module links to stays, by its own name: removing a
`-dev` package takes the library along that came with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from types import MappingProxyType
from typing import NamedTuple

from reimage.dockerfile import Onbuild
from reimage.model.applications.entry import entry
from reimage.model.applications.entry_scripts import entry_script, is_script
from reimage.model.applications.references import official
from reimage.model.applications.steps import Kind, Step, steps
from reimage.model.context import ContextFacts, NeedsContext
from reimage.model.packages.package_names import package_names
from reimage.model.runs import RunFacts
from reimage.model.stages import Stage
from reimage.shell import PackageOperation, Verb, Word

_MANAGERS = ("apt", "apt-get", "apk")
_COMPILERS = frozenset(
    """
    autoconf automake bison build-base build-essential cargo clang cmake cpp flex g++ gcc gfortran
    libc-dev libc6-dev libtool linux-headers llvm m4 make meson musl-dev nasm ninja ninja-build
    patch pkg-config pkgconf python3-dev rust rustc swig yasm
    """.split()
)
_FETCHERS = frozenset(("curl", "git", "mercurial", "subversion", "unzip", "wget"))
_PROGRAMS = MappingProxyType({"mercurial": "hg", "subversion": "svn"})
_WITHOUT_LIBRARY = frozenset(
    "libc-dev libc6-dev linux-headers musl-dev python3-dev python-dev".split()
)
_OF_ALPINE = MappingProxyType(
    {
        "build-base": "libstdc++",
        "cargo": "libgcc",
        "freetype-dev": "freetype",
        "g++": "libstdc++",
        "gcc": "libgcc",
        "gmp-dev": "gmp",
        "icu-dev": "icu-libs",
        "jpeg-dev": "libjpeg-turbo",
        "libffi-dev": "libffi",
        "libjpeg-turbo-dev": "libjpeg-turbo",
        "libpng-dev": "libpng",
        "libpq-dev": "libpq",
        "libxml2-dev": "libxml2",
        "libxslt-dev": "libxslt",
        "libzip-dev": "libzip",
        "mariadb-connector-c-dev": "mariadb-connector-c",
        "mariadb-dev": "mariadb-connector-c",
        "openssl-dev": "",
        "postgresql-dev": "libpq",
        "readline-dev": "readline",
        "rust": "libgcc",
        "sqlite-dev": "sqlite-libs",
        "yaml-dev": "yaml",
        "zlib-dev": "",
    }
)
"""Where a name is empty, the package manager needs the library itself."""
_COMPILE_WHEN_THEY_RUN = frozenset(
    "cython jax numba pythran pytensor theano torch triton weave".split()
)
_IN_RUBY_SLIM = frozenset("libffi-dev libgmp-dev libssl-dev libyaml-dev zlib1g-dev".split())
_MAY_COMPILE = (Kind.BUILD, Kind.DEPENDENCIES)


class Tools(NamedTuple):
    """The `words` of an install that name packages which nothing needs once `run` is done.

    `libraries` are the packages that have to be named instead. With `used` the RUN needs the tools
    itself, and removes them at its end; otherwise they need not be installed.
    """

    run: RunFacts
    operation: PackageOperation
    words: tuple[Word, ...]
    names: tuple[str, ...]
    libraries: tuple[str, ...]
    used: bool


def build_tools(
    stage: Stage, context: ContextFacts | None
) -> Iterator[Tools | tuple[RunFacts, str] | NeedsContext]:
    """The tools that a final stage can do without, or the RUN and why one has to stay."""
    if stage.base or not _lacks_tools(stage):
        return
    found = [(run, operation) for run in stage.runs for operation in run.operations]
    installs = [(r, o) for r, o in found if _installs_tools(r, o)]
    if not installs:
        return
    known = steps(stage)
    for run, operation in installs:
        if isinstance(known, str):
            yield run, known
            continue
        result = _tools(stage, run, operation, known, context)
        if isinstance(result, str):
            yield run, result
        elif result is not None:
            yield result


def _lacks_tools(stage: Stage) -> bool:
    """Whether the base is one of those that hold no tools of a build themselves."""
    base = official(stage.image or "", "python", "node", "ruby", "debian", "ubuntu", "alpine")
    if base is None or stage.windows:
        return False
    return base.slim or "alpine" in base.variant or base.name in ("debian", "ubuntu", "alpine")


def _installs_tools(run: RunFacts, operation: PackageOperation) -> bool:
    if operation.manager.name not in _MANAGERS or operation.verb is not Verb.INSTALL:
        return False
    return any(_is_tool(name) for word in operation.packages for name in package_names(run, word))


def _is_tool(name: str | None) -> bool:
    return name is not None and (name in _COMPILERS or name.endswith("-dev"))


def _tools(
    stage: Stage,
    run: RunFacts,
    operation: PackageOperation,
    known: Sequence[Step],
    context: ContextFacts | None,
) -> Tools | NeedsContext | str | None:
    if any(isinstance(each, Onbuild) for each in stage.instructions):
        return "ONBUILD is meant for the image that this one is the base of"
    if _removes(run):
        return None
    later = [step for step in known if step.run.run.span.start > run.run.span.start]
    if user := next((step for step in later if step.kind in _MAY_COMPILE), None):
        return f"{user.command.name} may need them in a later RUN: do both in one"
    own = [step for step in known if step.run is run]
    used = any(step.kind in _MAY_COMPILE for step in own)
    chosen = list(_chosen(stage, run, operation, own, later))
    kept = _needed_when_it_runs(stage, [name for _, name in chosen], context)
    if isinstance(kept, str | NeedsContext):
        return kept
    words, libraries = _with_libraries(chosen, operation, run)
    if not words:
        return None
    names = tuple(name for _, name in words)
    return Tools(run, operation, tuple(word for word, _ in words), names, libraries, used)


def _removes(run: RunFacts) -> bool:
    """Whether the RUN takes packages away itself, or installs them under a name to do so."""
    return any(
        each.verb is Verb.REMOVE or each.has("--virtual", "-t")
        for each in run.operations
        if each.manager.name in _MANAGERS
    )


def _chosen(
    stage: Stage,
    run: RunFacts,
    operation: PackageOperation,
    own: Sequence[Step],
    later: Sequence[Step],
) -> Iterator[tuple[Word, str]]:
    """The words that name one tool each; a fetcher is one where only this RUN calls it."""
    here = {step.command.name for step in own}
    there = {step.command.name for step in later}
    in_base = _IN_RUBY_SLIM if official(stage.image or "", "ruby") else frozenset()
    for word in operation.packages:
        if word.value is None:
            continue
        name = package_names(run, word)[0]
        if name is None or name in in_base:
            continue
        program = _PROGRAMS.get(name, name)
        if _is_tool(name) or (name in _FETCHERS and program in here and program not in there):
            yield word, name


def _needed_when_it_runs(
    stage: Stage, names: Collection[str], context: ContextFacts | None
) -> NeedsContext | str | None:
    """Why the application may need one of the packages, as far as its text and sources tell."""
    started = entry(stage)
    if isinstance(started, str):
        return started
    programs = set(started.programs)
    python = official(stage.image or "", "python") is not None
    if context is None and (python or is_script(started)):
        return NeedsContext()
    if context is not None:
        script = entry_script(stage, started, context)
        if isinstance(script, str):
            return script
        programs |= set(script.programs) if script else set()
        from reimage.model.applications.started_elsewhere import started_in

        programs |= started_in(context, stage)
        if python and (problem := _of_sources(context, programs)):
            return problem
    programs = {"g++" if each in ("c++", "g++") else each for each in programs}
    compilers = programs & {"gcc", "cc", "g++", "clang", "make", "cmake", "cargo", "rustc"}
    fetched = {name for name in names if _PROGRAMS.get(name, name) in programs}
    if used := sorted(compilers | fetched):
        return f"it starts {used[0]} when it runs"
    return None


def _of_sources(context: ContextFacts, programs: set[str]) -> str | None:
    """What the Python sources start, added to `programs`; a sentence where that can't be told."""
    from reimage.model.applications.linked_libraries import distributions
    from reimage.model.applications.started_programs import started_by_sources

    compiling = _COMPILE_WHEN_THEY_RUN.intersection(distributions(context))
    if compiling:
        return f"{min(compiling)} may compile when it runs"
    started = started_by_sources(context)
    if isinstance(started, str):
        return started
    programs.update(started)
    return None


def _with_libraries(
    chosen: Sequence[tuple[Word, str]], operation: PackageOperation, run: RunFacts
) -> tuple[list[tuple[Word, str]], tuple[str, ...]]:
    """The tools whose libraries are known, and these libraries; others stay with their headers."""
    from reimage.model.applications.system_packages import library_of

    alpine = operation.manager.name == "apk"
    present = {name for word in operation.packages for name in package_names(run, word)}
    words: list[tuple[Word, str]] = []
    libraries: list[str] = []
    for word, name in chosen:
        library = _OF_ALPINE.get(name) if alpine else library_of(name)
        is_headers = name.endswith("-dev") and name not in _WITHOUT_LIBRARY
        if is_headers and (library is None or library.startswith("libldap")):
            continue
        words.append((word, name))
        if library and library not in present:
            libraries.append(library)
    return words, tuple(dict.fromkeys(libraries))
