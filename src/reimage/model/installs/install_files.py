"""Which files of the build context an install of a project's dependencies reads."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from reimage.model.context import ContextFacts
from reimage.model.copies.context_copies import is_below
from reimage.model.installs.project_installs import ProjectInstall
from reimage.model.manifests import cargo, composer, dotnet, go, jvm, npm, python, ruby
from reimage.model.manifests.needs import InstallNeeds, beside, inside, needs
from reimage.model.manifests.requirements import requirements_needs
from reimage.model.manifests.toml import read_toml

Locate = Callable[[str], str | None]
"""From a place in the image to the path in the context that is copied there."""

_JAVASCRIPT = frozenset(("npm", "yarn", "pnpm", "bun"))
# Options that make the install read or write other files than the ones it usually does.
_UNUSUAL = MappingProxyType(
    {
        "npm": ("--prefix", "-C", "--workspace", "-w", "--userconfig", "--install-links"),
        "yarn": ("--cwd", "--modules-folder", "--use-yarnrc", "--link-folder"),
        "pnpm": ("-C", "--dir", "-F", "--filter", "--lockfile-dir", "--modules-dir"),
        "bun": ("--cwd", "-c", "--config", "--filter"),
        "bundle": ("--gemfile", "--binstubs", "--standalone", "--local"),
        "composer": (
            "-d", "--working-dir",
        ),
        "go": ("-C", "-modfile"),
        "poetry": ("-C", "--directory", "-P", "--project"),
        "pipenv": ("-r", "--requirements", "-e", "--editable"),
        "uv": (
            "--directory", "--project", "--config-file", "--package", "--script", "-t", "--target",
            "--prefix", "-f", "--find-links", "--override", "--overrides", "--exclude", "--group",
        ),
        "pip": (
            "-t", "--target", "--prefix", "--root", "--src", "-f", "--find-links", "--group",
            "--cert", "--client-cert", "--override", "--report", "--log",
        ),
        "maven": ("-f", "--file", "-s", "--settings", "-gs", "-pl", "--projects"),
        "dotnet": ("--configfile", "--lock-file-path", "-s", "--source"),
    }
)  # fmt: skip
_CLASS_MAPS = ("-o", "--optimize-autoloader", "-a", "--classmap-authoritative")
# What the install writes, relative to the project: if the context has it too, the later one stays.
_WRITTEN = MappingProxyType(
    {
        **dict.fromkeys(_JAVASCRIPT, ("node_modules", ".yarn/cache", ".pnp.cjs", ".pnpm-store")),
        "composer": ("vendor",),
        "bundle": ("vendor/bundle", "vendor/cache", ".bundle"),
        **dict.fromkeys(("poetry", "pipenv", "uv"), (".venv",)),
        "dotnet": ("obj",),
    }
)
_IN_EACH_PROJECT = MappingProxyType(
    {**dict.fromkeys(_JAVASCRIPT, "/node_modules"), "dotnet": "/obj"}
)
_BESIDE = MappingProxyType(
    {
        "bun": ("bun.lockb",),
        "composer": ("auth.json",),
        "maven": (".mvn",),
        "pnpm": (".pnpmfile.mjs",),
        "yarn": (".yarnclean",),
    }
)


def files_needed(install: ProjectInstall, context: ContextFacts, locate: Locate) -> InstallNeeds:
    """The files of the context that `install` reads, or why it may need others as well."""
    if install.extra:
        return InstallNeeds((), install.extra)
    unusual = _UNUSUAL.get(install.operation.manager.name, ())
    for option in unusual:
        if install.operation.has(option):
            return InstallNeeds((), f"{option} points it to other files")
    program = install.operation.command.words[0].text
    if program.startswith("./"):
        return InstallNeeds((), f"the program {program} is itself one of the sources")
    directory = locate(install.directory)
    if install.manager == "pip":
        found = _requirements(install, context, locate)
        return needs((*found.files, *_uv_settings(install, context, directory)), found.problem)
    if directory is None:
        return InstallNeeds((), "it does not run in the directory that is copied")
    found = _of_directory(install, context, directory)
    beside = [inside(directory, name) or "" for name in _BESIDE.get(install.manager, ())]
    files = (*found.files, *(path for path in beside if _exists(path, context)))
    problem = found.problem or _around(install, context, directory)
    return needs(files, problem or _overwritten(install, context, directory))


def dependencies_needed(
    install: ProjectInstall, context: ContextFacts, locate: Locate
) -> InstallNeeds:
    """What uv or Poetry reads where it is told to leave the project itself out."""
    directory = locate(install.directory)
    if directory is None or any(map(install.operation.has, _UNUSUAL[install.manager])):
        return InstallNeeds((), "it does not run in the directory that is copied")
    found = python.project_needs(context.texts, directory)
    path = inside(directory, "pyproject.toml") or ""
    project = python.read_project(context.texts.get(path, ""))
    is_locked = len(found.files) > 1 and install.operation.has("--frozen")
    if project is None or project.local or project.members:
        return needs(found.files, found.problem or "it has members of a workspace")
    if project.dynamic and install.manager == "uv" and not is_locked:
        return needs(found.files, "uv builds the project to see what is dynamic")
    problem = _around(install, context, directory) or _overwritten(install, context, directory)
    return needs(found.files, problem)


def _exists(path: str, context: ContextFacts) -> bool:
    return path in context.files or path in context.directories


def _uv_settings(
    install: ProjectInstall, context: ContextFacts, directory: str | None
) -> Iterator[str]:
    """`uv pip` also goes by uv's settings in the project, and above it."""
    while install.operation.manager.name == "uv" and directory is not None:
        for path in beside(context.texts, directory, ("uv.toml", "pyproject.toml")):
            if path.endswith("uv.toml") or "[tool.uv" in context.texts[path]:
                yield path
        directory = posixpath.dirname(directory) if directory else None


def _requirements(install: ProjectInstall, context: ContextFacts, locate: Locate) -> InstallNeeds:
    files: list[str] = []
    for named in install.named:
        path = locate(named)
        if path is None:
            return needs(files, f"{named} is not among the files that are copied")
        if path not in context.files:
            return needs(files, f"{path} is not in the build context")
        found = requirements_needs(context.texts, path)
        files += found.files
        if found.problem:
            return needs(files, found.problem)
    if any(path.endswith((".whl", ".gz", ".zip", ".tgz")) for path in files):
        return needs(files, "the requirements name archives")
    return needs(files)


def _of_directory(install: ProjectInstall, context: ContextFacts, directory: str) -> InstallNeeds:
    texts, operation = context.texts, install.operation
    match install.manager:
        case "npm" | "yarn" | "pnpm" | "bun":
            silent = operation.has("--ignore-scripts")
            return npm.install_needs(texts, directory, runs_scripts=not silent)
        case "bundle":
            return ruby.install_needs(texts, directory)
        case "composer":
            return _composer(install, texts, directory)
        case "go":
            return go.install_needs(texts, directory)
        case "poetry" | "uv":
            found = python.project_needs(texts, directory)
            problem = found.problem or _project_itself(install, texts, directory)
            return needs(found.files, problem or _told_by_a_build(install, texts, found.files))
        case "pipenv":
            names = beside(texts, directory, ("Pipfile", "Pipfile.lock"))
            return python.install_needs({name: texts[name] for name in names}, directory)
        case "cargo":
            return cargo.install_needs(texts, directory)
        case "maven":
            return jvm.maven_needs(texts, directory)
        case _:
            return _dotnet(install, texts, directory)


def _composer(install: ProjectInstall, texts: Mapping[str, str], directory: str) -> InstallNeeds:
    found = composer.install_needs(texts, directory)
    if option := next(filter(install.operation.has, _CLASS_MAPS), None):
        return needs(found.files, f"{option} makes a map of the classes in the sources")
    if found.problem or install.operation.has("--no-plugins"):
        return found
    text = texts.get(found.files[0], "")
    data = json.loads(text.removeprefix("\ufeff"))
    allowed = _table(_table(data, "config"), "allow-plugins")
    if any(allowed.values()) or "symfony/flex" in text:
        return needs(found.files, "plug-ins of Composer may read and write any file")
    return found


def _project_itself(
    install: ProjectInstall, texts: Mapping[str, str], directory: str
) -> str | None:
    """Poetry and uv also install the project, unless told otherwise."""
    path = inside(directory, "pyproject.toml") or ""
    data = read_toml(texts[path]) or {}
    tool = _table(data, "tool")
    if install.manager == "poetry":
        is_package = _table(tool, "poetry").get("package-mode") is not False
        switch = "--no-root"
    else:
        is_package = bool(_table(tool, "uv").get("package", "build-system" in data))
        switch = "--no-install-project"
        if install.operation.has("--no-install-workspace"):
            return None
        if _table(tool, "uv", "workspace"):
            return "uv sync also installs the members of the workspace from their sources"
    if is_package and not install.operation.has(switch):
        return f"{install.manager} {install.said} without {switch} installs the project, too"
    return None


def _told_by_a_build(
    install: ProjectInstall, texts: Mapping[str, str], files: Iterable[str]
) -> str | None:
    """uv builds a project to compare its dependencies with the lock file, if it has to."""
    if install.manager != "uv" or install.operation.has("--frozen"):
        return None
    for path in files:
        project = python.read_project(texts.get(path, "")) if path.endswith(".toml") else None
        if project and {"dependencies", "optional-dependencies"} & {*project.dynamic}:
            return f"the dependencies in {path} are dynamic, and uv builds the project to see them"
    return None


def _dotnet(install: ProjectInstall, texts: Mapping[str, str], directory: str) -> InstallNeeds:
    named = [word.value for word in install.operation.packages]
    if len(named) > 1 or None in named:
        return InstallNeeds((), "it is not known which project is restored")
    if named and named[0] and named[0].endswith(("proj", ".sln", ".slnx")):
        return dotnet.install_needs(texts, inside(directory, named[0]) or named[0])
    folder = inside(directory, named[0] or ".") if named else directory
    here = [
        path
        for path in texts
        if posixpath.dirname(path) == ("" if folder == "." else folder)
        and path.endswith((".csproj", ".fsproj", ".vbproj", ".sln", ".slnx"))
    ]
    if len(here) != 1:
        return InstallNeeds((), "it is not known which project is restored")
    return dotnet.install_needs(texts, here[0])


def _around(install: ProjectInstall, context: ContextFacts, directory: str) -> str | None:
    """A workspace above the directory, which the install would look for."""
    while directory:
        directory = posixpath.dirname(directory)
        for name, sign in _WORKSPACES.get(install.manager, ()):
            path = inside(directory, name) or ""
            if re.search(sign, context.texts.get(path, "")):
                return f"{path} makes it part of a workspace"
    return None


_WORKSPACES = MappingProxyType(
    {
        **dict.fromkeys(
            _JAVASCRIPT, (("package.json", '"workspaces"'), ("pnpm-workspace.yaml", "."))
        ),
        "go": (("go.work", "."),),
        "uv": (("pyproject.toml", r"tool\.uv\.workspace"),),
        "maven": (("pom.xml", "<module>"),),
    }
)


def _overwritten(install: ProjectInstall, context: ContextFacts, directory: str) -> str | None:
    """What the context holds of the install's own work."""
    names = [inside(directory, name) or "" for name in _WRITTEN.get(install.manager, ())]
    found = [path for path in names if path in context.directories or path in context.files]
    nested = _IN_EACH_PROJECT.get(install.manager)
    if nested:
        found += [
            path
            for path in context.directories
            if path.endswith(nested) and is_below(path, directory) and path.count(nested) == 1
        ]
    if not found:
        return None
    return f"{min(found)} is in the build context, and would take the place of what it installs"


def _table(data: object, *names: str) -> Mapping[str, Any]:
    for name in names:
        data = data.get(name) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}
