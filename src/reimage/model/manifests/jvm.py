"""Maven and Gradle: which build files there are, and whether they are all that is read."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reimage.model.manifests.needs import InstallNeeds, beside, inside, needs
from reimage.text import late

_GRADLE_FILES = (
    "settings.gradle",
    "settings.gradle.kts",
    "build.gradle",
    "build.gradle.kts",
    "gradle.properties",
    "gradle.lockfile",
    "gradle/libs.versions.toml",
)
# What makes a build script depend on more than itself and published libraries.
_GRADLE_LOCAL = late(
    r"\b(?:includeBuild|include|project|files|fileTree|flatDir|file|rootDir|projectDir)\b"
    r"|\bapply\s*\(?\s*from\b"
)


def maven_needs(texts: Mapping[str, str], directory: str = "") -> InstallNeeds:
    """What resolving the dependencies of the pom.xml in `directory` reads.

    The folder `.mvn` is read too where it exists; it is not among the texts.
    """
    path = inside(directory, "pom.xml") or ""
    if path not in texts:
        return InstallNeeds((), f"{path} is not known")
    text = re.sub(r"<!--.*?-->", "", texts[path], flags=re.DOTALL)
    files = [path]
    problem = None
    parent = re.search(r"<parent>(.*?)</parent>", text, re.DOTALL)
    relative = re.search(r"<relativePath>\s*(.*?)\s*</relativePath>", parent[1]) if parent else None
    modules = re.findall(r"<module>\s*(.*?)\s*</module>", text)
    if modules:
        problem = f"{path} has modules, which may depend on one another"
    elif relative and relative[1]:
        problem = f"the parent of {path} is a local file"
    elif parent and not re.search(r"<relativePath\s*/>|<relativePath>", parent[1]):
        above = inside(directory, "../pom.xml") if directory else None
        problem = f"the parent of {path} may be {above}" if above in texts else None
    if "<systemPath>" in text:
        problem = problem or f"{path} names a library of this machine"
    return needs(files, problem)


def gradle_needs(texts: Mapping[str, str], directory: str = "") -> InstallNeeds:
    """What resolving the dependencies of the Gradle build in `directory` reads.

    Build scripts are programs: only such as name nothing local are taken to be complete.
    """
    files = beside(texts, directory, _GRADLE_FILES)
    scripts = [path for path in files if path.endswith((".gradle", ".kts"))]
    if not scripts:
        return InstallNeeds((), f"no build script of Gradle is known in '{directory or '.'}'")
    for path in scripts:
        code = re.sub(r"(?m)(?:^|\s)//.*$|/\*(?s:.*?)\*/", "", texts[path])
        if found := _GRADLE_LOCAL.search(code):
            return needs(files, f"{path} says '{found[0]}', which may name local files or projects")
    return needs(files)
