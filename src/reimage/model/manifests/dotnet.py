"""Project files of .NET: what `dotnet restore` reads."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from reimage.model.manifests.needs import InstallNeeds, beside, inside, needs
from reimage.text import late

_REFERENCE = late(r"<ProjectReference\b[^>]*\bInclude\s*=\s*[\"']([^\"']+)[\"']")
_IMPORT = late(r"<Import\b[^>]*\bProject\s*=\s*[\"']([^\"']+)[\"']")
_IN_SOLUTION = late(
    r"(?:^Project\(.*?\)\s*=\s*\"[^\"]*\",\s*|<Project\b[^>]*\bPath=)\"([^\"]+\.\w+proj)\"",
    re.MULTILINE,
)
# MSBuild and NuGet look for these from the project's folder upwards.
_ABOVE = (
    "Directory.Build.props",
    "Directory.Build.targets",
    "Directory.Packages.props",
    "nuget.config",
    "NuGet.config",
    "NuGet.Config",
    "global.json",
)


def project_references(text: str) -> tuple[str, ...]:
    """The projects that a project or solution names, as written but with forward slashes."""
    text = _without_comments(text)
    found = _REFERENCE.findall(text) + _IN_SOLUTION.findall(text)
    return tuple(name.replace("\\", "/") for name in found)


def install_needs(texts: Mapping[str, str], path: str) -> InstallNeeds:
    """What `dotnet restore` of the project or solution at `path` reads."""
    files: list[str] = []
    problem: str | None = None
    waiting = [path]
    while waiting:
        current = waiting.pop(0)
        if current in files:
            continue
        files.append(current)
        if current not in texts:
            problem = problem or f"{current} is not known"
            continue
        directory = posixpath.dirname(current)
        files += _found_above(texts, directory)
        files += beside(texts, directory, ["packages.lock.json"])
        for name in project_references(texts[current]):
            inner = inside(directory, name)
            if inner is None or re.search(r"[$*?]", name):
                problem = problem or f"{current} names '{name}', which cannot be followed"
            else:
                waiting.append(inner)
    return needs(files, problem or _imports_problem(texts, files))


def _found_above(texts: Mapping[str, str], directory: str) -> list[str]:
    found = beside(texts, directory, _ABOVE)
    while directory:
        directory = posixpath.dirname(directory)
        found += beside(texts, directory, _ABOVE)
    return found


def _imports_problem(texts: Mapping[str, str], files: list[str]) -> str | None:
    for path in files:
        imported = _IMPORT.search(_without_comments(texts.get(path, "")))
        if imported:
            return f"{path} imports '{imported[1]}'"
    return None


def _without_comments(text: str) -> str:
    return re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
