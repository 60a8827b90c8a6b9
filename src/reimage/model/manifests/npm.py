"""package.json and what npm, Yarn, pnpm and Bun read beside it when they install."""

import fnmatch
import json
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from reimage.model.manifests.needs import InstallNeeds, beside, inside, needs
from reimage.text import late

# What the package managers run of the project itself when they install its dependencies.
_INSTALL_SCRIPTS = (
    "preinstall",
    "install",
    "postinstall",
    "prepublish",
    "preprepare",
    "prepare",
    "postprepare",
    "pnpm:devPreinstall",
)
_GROUPS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_BESIDE = (
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "bun.lock",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pnpmfile.cjs",
    "bunfig.toml",
)
_LOCAL = late(r"(?:file|link|portal|patch|exec|workspace):|\.{0,2}/|~/|[A-Za-z]:[\\/]")


_NO_GROUPS: Mapping[str, Mapping[str, str]] = MappingProxyType({})
_NO_SCRIPTS: Mapping[str, str] = MappingProxyType({})


class NpmManifest(NamedTuple):
    """A package.json. `groups` are its kinds of dependencies, each a map of name to range.

    `scripts` are only those that an install runs. `local` names dependencies that are files or
    folders of this machine. `workspaces` are patterns of folders.
    """

    name: str = ""
    groups: Mapping[str, Mapping[str, str]] = _NO_GROUPS
    scripts: Mapping[str, str] = _NO_SCRIPTS
    workspaces: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()
    has_commands: bool = False


def read_manifest(text: str) -> NpmManifest | None:
    """The manifest in `text`, or None if it is not one."""
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    groups = {group: _strings(data.get(group)) for group in _GROUPS if group in data}
    scripts = _strings(data.get("scripts"))
    pnpm = _mapping(data.get("pnpm"))
    forced = [data.get("overrides"), data.get("resolutions"), pnpm.get("overrides")]
    ranges = [pair for group in groups.values() for pair in group.items()]
    ranges += [pair for tree in forced for pair in _leaves(tree)]
    return NpmManifest(
        name=str(data.get("name", "")),
        groups=groups,
        scripts={name: scripts[name] for name in _INSTALL_SCRIPTS if name in scripts},
        workspaces=_workspaces(data.get("workspaces")),
        local=tuple(name for name, wanted in ranges if _LOCAL.match(wanted)),
        patches=tuple(_strings(pnpm.get("patchedDependencies")).values())
        + tuple(_strings(data.get("patchedDependencies")).values()),
        has_commands=bool(data.get("bin") or _mapping(data.get("directories")).get("bin")),
    )


def install_needs(
    texts: Mapping[str, str], directory: str = "", *, runs_scripts: bool = True
) -> InstallNeeds:
    """What an install in `directory` reads. A binary `bun.lockb` is not among the files.

    `runs_scripts` is false for an install that leaves out the scripts of all packages.
    """
    path = inside(directory, "package.json") or ""
    manifest = read_manifest(texts.get(path, ""))
    if manifest is None:
        return InstallNeeds((), f"{path} is missing or is not a JSON object")
    files = [path, *beside(texts, directory, _BESIDE)]
    problem = _own_problem(texts, directory, path, manifest, runs_scripts)
    settings, settings_problem = _settings_files(texts, directory)
    named = [inside(directory, name) for name in (*manifest.patches, *settings)]
    if None in named:
        problem = problem or f"{path} names a file outside of the context"
    files += [name for name in named if name]
    members, members_problem = _members(texts, directory, manifest, runs_scripts)
    return needs(files + members, problem or settings_problem or members_problem)


def _own_problem(
    texts: Mapping[str, str], directory: str, path: str, manifest: NpmManifest, runs_scripts: bool
) -> str | None:
    if runs_scripts and manifest.scripts:
        script = next(iter(manifest.scripts))
        return f"an install runs the script '{script}' of {path}, which may read any file"
    if runs_scripts and beside(texts, directory, ["binding.gyp"]):
        return f"an install compiles the add-on in {inside(directory, 'binding.gyp')}"
    if runs_scripts and any("@prisma/client" in group for group in manifest.groups.values()):
        return f"the dependency '@prisma/client' of {path} generates code from the schema"
    # `workspace:` dependencies are served by the members, which are looked at one by one.
    local = [name for name in manifest.local if not _is_workspace(manifest, name)]
    if local:
        return f"the dependency '{local[0]}' of {path} is a local file or folder"
    return None


def _is_workspace(manifest: NpmManifest, name: str) -> bool:
    wanted = [group[name] for group in manifest.groups.values() if name in group]
    return bool(wanted) and all(
        range_.startswith("workspace:") and not re.match(r"workspace:\.{0,2}/", range_)
        for range_ in wanted
    )


def _members(
    texts: Mapping[str, str], directory: str, manifest: NpmManifest, runs_scripts: bool
) -> tuple[list[str], str | None]:
    """The manifests of the workspaces, and why those alone may not do."""
    patterns: list[str] | None = list(manifest.workspaces)
    settings = inside(directory, "pnpm-workspace.yaml") or ""
    if settings in texts:
        patterns = _pnpm_packages(texts[settings])
    if patterns is None or any(re.search(r"[!{(\[]", pattern) for pattern in patterns):
        return [], "the patterns of the workspaces are not simple enough to follow"
    members = [path for path in texts if _is_member(path, directory, patterns)]
    if patterns and not members:
        return [], "no manifest of a workspace is known"
    for path in members:
        member = read_manifest(texts[path])
        if member is None:
            return members, f"{path} is not a JSON object"
        if member.has_commands:
            return members, f"{path} declares commands, whose files an install links"
        problem = _own_problem(texts, path.rpartition("/")[0], path, member, runs_scripts)
        if problem:
            return members, problem
    return members, None


def _is_member(path: str, directory: str, patterns: list[str]) -> bool:
    folder, _, name = path.rpartition("/")
    if name != "package.json" or not folder or folder == directory:
        return False
    return any(_fits(folder, inside(directory, pattern)) for pattern in patterns)


def _fits(folder: str, pattern: str | None) -> bool:
    if pattern is None:
        return False
    if "**" in pattern:  # more than it matches is better than less
        return fnmatch.fnmatchcase(folder, pattern.replace("**/", "*").replace("**", "*"))
    names, parts = folder.split("/"), pattern.split("/")
    return len(names) == len(parts) and all(map(fnmatch.fnmatchcase, names, parts))


def _pnpm_packages(text: str) -> list[str] | None:
    """The list `packages:` of a pnpm-workspace.yaml; None if not written as plain lines."""
    found: list[str] = []
    is_inside = False
    for line in text.split("\n"):
        line = re.sub(r"(^|\s)#.*", "", line).rstrip()
        if not line:
            continue
        if re.match(r"packages\s*:", line):
            if not re.fullmatch(r"packages\s*:", line):
                return None
            is_inside = True
        elif is_inside and (item := re.fullmatch(r"\s*-\s+(['\"]?)([^'\"]+)\1", line)):
            found.append(item[2])
        elif is_inside and line[0] in " -":
            return None
        else:
            is_inside = False
    return found


def _settings_files(texts: Mapping[str, str], directory: str) -> tuple[list[str], str | None]:
    """Yarn itself may be a file of the project, and its plug-ins too."""
    modern = texts.get(inside(directory, ".yarnrc.yml") or "", "")
    classic = texts.get(inside(directory, ".yarnrc") or "", "")
    files = re.findall(r"(?m)^yarnPath:\s*[\"']?([^\"'\s#]+)", modern)
    files += re.findall(r"(?m)^\s*-?\s*path:\s*[\"']?([^\"'\s#]+)", modern)
    files += re.findall(r"(?m)^yarn-path\s+[\"']?([^\"'\s]+)", classic)
    if re.search(r"(?m)^plugins:", modern) and not re.search(r"(?m)^\s+-?\s*path:", modern):
        return files, "the plug-ins of .yarnrc.yml are not written as a plain list"
    workspace = texts.get(inside(directory, "pnpm-workspace.yaml") or "", "")
    if re.search(r"(?m)^patchedDependencies:|\b(?:file|link):", workspace):
        return files, "pnpm-workspace.yaml names patches or local packages"
    return files, None


def _workspaces(value: object) -> tuple[str, ...]:
    if isinstance(value, dict):
        value = value.get("packages")
    return tuple(str(pattern) for pattern in value) if isinstance(value, list) else ()


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _strings(value: object) -> dict[str, str]:
    return {name: text for name, text in _mapping(value).items() if isinstance(text, str)}


def _leaves(value: object) -> Iterator[tuple[str, str]]:
    """The texts of a tree of objects with their names, however deep it is."""
    waiting = [value]
    while waiting:
        for name, inner in _mapping(waiting.pop()).items():
            if isinstance(inner, str):
                yield name, inner
            else:
                waiting.append(inner)
