"""Python projects: pyproject.toml and its locks, Pipfile, setup.py; requirements where they are."""

import fnmatch
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from reimage.model.manifests.needs import InstallNeeds, beside, inside, needs
from reimage.model.manifests.requirements import read_requirements, requirements_needs
from reimage.model.manifests.toml import read_toml

_LOCKS = ("poetry.lock", "uv.lock", "pdm.lock")
_SETTINGS = ("poetry.toml", "uv.toml", ".python-version")


class PythonProject(NamedTuple):
    """A pyproject.toml. All paths are as written, relative to its folder.

    `build_files` are what building the project reads besides its packages: readme and licences.
    `dynamic` are the fields that the back end computes. `local` names dependencies that are
    folders or files of this machine. `members` and `left_out` are patterns of uv's workspace.
    """

    backend: str = ""
    dynamic: tuple[str, ...] = ()
    build_files: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def read_project(text: str) -> PythonProject | None:
    """The project in `text`, or None if it is not TOML."""
    data = read_toml(text)
    if data is None:
        return None
    project, tool = _table(data, "project"), _table(data, "tool")
    asked = [*_texts(project.get("dependencies"))]
    for extra in _table(project, "optional-dependencies").values():
        asked += _texts(extra)
    for group in _table(data, "dependency-groups").values():
        asked += _texts(group)
    workspace = _table(tool, "uv", "workspace")
    return PythonProject(
        backend=str(_table(data, "build-system").get("build-backend", "")),
        dynamic=_texts(project.get("dynamic")),
        build_files=_build_files(project, _table(tool, "poetry")),
        dependencies=tuple(asked),
        local=(*_local_requirements(asked), *_local_sources(tool)),
        members=_texts(workspace.get("members")),
        left_out=_texts(workspace.get("exclude")),
    )


def install_needs(texts: Mapping[str, str], directory: str = "") -> InstallNeeds:
    """What installing the dependencies of the folder, but not the project in it, reads.

    Takes requirements.txt where there is one, else the lock of Poetry, uv, PDM or Pipenv. Without
    any of these only the build of the project itself tells its dependencies, and that takes the
    sources.
    """
    for name in ("requirements.txt", "requirements.lock"):
        if path := beside(texts, directory, [name]):
            return requirements_needs(texts, path[0])
    if pipfile := beside(texts, directory, ["Pipfile"]):
        return _pipfile_needs(texts, directory, pipfile[0])
    return project_needs(texts, directory)


def project_needs(texts: Mapping[str, str], directory: str = "") -> InstallNeeds:
    """What `poetry install --no-root`, `uv sync --no-install-workspace` and the like read."""
    path = inside(directory, "pyproject.toml") or ""
    if path not in texts:
        setup = beside(texts, directory, ["setup.py", "setup.cfg"])
        if setup:
            return needs(setup, f"the dependencies are told by building the project of {setup[0]}")
        return InstallNeeds((), "no manifest of a Python project is known")
    project = read_project(texts[path])
    if project is None:
        return InstallNeeds((path,), f"{path} is not TOML")
    locks = beside(texts, directory, _LOCKS)
    members, problem = _members(texts, directory, project)
    files = [path, *locks, *beside(texts, directory, _SETTINGS), *members]
    if project.local:
        problem = f"the dependency '{project.local[0]}' of {path} is a local file or folder"
    elif not locks:
        problem = f"{path} has no lock file, so that the dependencies are told by a build"
    return needs(files, problem)


def _members(
    texts: Mapping[str, str], directory: str, project: PythonProject
) -> tuple[list[str], str | None]:
    """The manifests of uv's workspace, all of which uv reads to check the lock."""
    members = []
    for path in texts:
        folder, _, name = path.rpartition("/")
        if name != "pyproject.toml" or folder == directory or not folder:
            continue
        if not _any_fits(folder, directory, project.members):
            continue
        if _any_fits(folder, directory, project.left_out):
            continue
        members.append(path)
        member = read_project(texts[path])
        if member is None:
            return members, f"{path} is not TOML"
        if member.local:
            return members, f"the dependency '{member.local[0]}' of {path} is local"
    if project.members and not members:
        return members, "no manifest of a workspace member is known"
    return members, None


def _any_fits(folder: str, directory: str, patterns: tuple[str, ...]) -> bool:
    names = folder.split("/")
    for pattern in patterns:
        parts = (inside(directory, pattern) or "").split("/")
        if "**" in parts and fnmatch.fnmatchcase(folder, "/".join(parts).replace("**", "*")):
            return True
        if len(names) == len(parts) and all(map(fnmatch.fnmatchcase, names, parts)):
            return True
    return False


def _pipfile_needs(texts: Mapping[str, str], directory: str, path: str) -> InstallNeeds:
    files = [path, *beside(texts, directory, ["Pipfile.lock"])]
    data = read_toml(texts[path])
    if data is None:
        return needs(files, f"{path} is not TOML")
    for group in data.values():
        for name, wanted in group.items() if isinstance(group, dict) else ():
            if isinstance(wanted, dict) and {"path", "file"} & wanted.keys():
                return needs(files, f"the dependency '{name}' of {path} is a local file or folder")
    return needs(files)


def _local_requirements(asked: list[str]) -> list[str]:
    found = [(text, read_requirements(text)) for text in asked if "@" in text]
    return [
        re.split(r"[\s@\[]", text, maxsplit=1)[0]
        for text, read in found
        if read.archives or read.sources
    ]


def _local_sources(tool: Mapping[str, Any]) -> list[str]:
    """Local dependencies in the tables of uv and Poetry; those of a workspace are its members."""
    tables = [_table(tool, "uv", "sources"), _table(tool, "poetry", "dependencies")]
    tables.append(_table(tool, "poetry", "dev-dependencies"))
    groups = _table(tool, "poetry", "group")
    tables += [_table(groups, name, "dependencies") for name in groups]
    return [
        name
        for table in tables
        for name, wanted in table.items()
        for one in (wanted if isinstance(wanted, list) else [wanted])
        if isinstance(one, dict) and {"path", "file"} & one.keys()
    ]


def _build_files(project: Mapping[str, Any], poetry: Mapping[str, Any]) -> tuple[str, ...]:
    found: list[str] = []
    for value in (project.get("readme"), project.get("license"), poetry.get("readme")):
        if isinstance(value, dict):
            value = value.get("file")
        elif value is project.get("license"):
            continue  # a text is the licence's name
        found += [value] if isinstance(value, str) else _texts(value)
    found += _texts(project.get("license-files"))
    return tuple(dict.fromkeys(found))


def _table(data: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        inner = data.get(name)
        if not isinstance(inner, dict):
            return {}
        data = inner
    return data


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
