"""Whether the lock file of a JavaScript project still says what its package.json says.

`npm ci`, `yarn install --frozen-lockfile` and `pnpm install --frozen-lockfile` fail where it
doesn't.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from reimage.model.manifests.npm import NpmManifest, read_manifest


def npm_lock_problem(manifest_text: str, lock_text: str, *, wants_peers: bool = True) -> str | None:
    """Why `npm ci` may refuse this package-lock.json (or npm-shrinkwrap.json); None if it agrees.

    Only the root package is compared, not the members of workspaces. `wants_peers` is false where
    npm is told to do without peer dependencies (`--legacy-peer-deps`).
    """
    manifest = read_manifest(manifest_text)
    if manifest is None:
        return "package.json is not a JSON object"
    try:
        lock = json.loads(lock_text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return "the lock file is not JSON"
    if not isinstance(lock, dict):
        return "the lock file is not a JSON object"
    if lock.get("lockfileVersion") not in (2, 3):
        return "the lock file has no version 2 or 3, and so does not record the ranges"
    packages = lock.get("packages")
    root = packages.get("") if isinstance(packages, dict) else None
    if not isinstance(packages, dict) or not isinstance(root, dict):
        return "the lock file does not list the packages"
    reason = _difference(manifest, root) or _missing(manifest, packages)
    return reason or _unmet(packages, wants_peers)


def _difference(manifest: NpmManifest, root: Mapping[str, object]) -> str | None:
    ours = manifest.groups
    optional = ours.get("optionalDependencies", {})
    for group in ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies"):
        locked = root.get(group)
        locked = locked if isinstance(locked, dict) else {}
        wanted = dict(ours.get(group, {}))
        if group == "dependencies":  # npm takes what is optional out of the others
            wanted = {name: text for name, text in wanted.items() if name not in optional}
            locked = {name: text for name, text in locked.items() if name not in optional}
        for name in sorted(wanted.keys() | locked.keys()):
            if wanted.get(name) != locked.get(name):
                return f"'{name}' in {group} differs between package.json and the lock file"
    return None


def _missing(manifest: NpmManifest, packages: Mapping[str, object]) -> str | None:
    for group in ("dependencies", "devDependencies"):
        for name in manifest.groups.get(group, {}):
            is_optional = name in manifest.groups.get("optionalDependencies", {})
            if f"node_modules/{name}" not in packages and not is_optional:
                return f"the lock file has no package '{name}'"
    return None


def _unmet(packages: Mapping[str, object], wants_peers: bool) -> str | None:
    """What a package needs that the lock file lacks: `npm install` adds it, `npm ci` fails.

    Such lock files are written with `--legacy-peer-deps`, which leaves peer dependencies out.
    """
    for path, package in packages.items():
        if not path or not isinstance(package, dict):
            continue
        wanted = set(_table(package, "dependencies"))
        if wants_peers:
            optional = _table(package, "peerDependenciesMeta")
            wanted |= _table(package, "peerDependencies").keys() - optional.keys()
        for name in sorted(wanted - _table(package, "optionalDependencies").keys()):
            if not any(f"{folder}node_modules/{name}" in packages for folder in _upwards(path)):
                needing = path.rpartition("node_modules/")[2]
                return f"the lock file lacks '{name}', which '{needing}' needs"
    return None


def _upwards(path: str) -> Iterator[str]:
    """The folders whose node_modules a package at `path` sees, the root ("") last."""
    while path:
        yield f"{path}/"
        path = path.rpartition("node_modules/")[0].rstrip("/")
    yield ""


def _table(package: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = package.get(name)
    return value if isinstance(value, dict) else {}


def yarn_lock_problem(manifest_text: str, lock_text: str) -> str | None:
    """Why Yarn may want to change this yarn.lock (of any version); None if it has every range."""
    manifest = read_manifest(manifest_text)
    if manifest is None:
        return "package.json is not a JSON object"
    locked: set[str] = set()
    for line in re.findall(r"(?m)^(?![ #])(\S.*):\s*$", lock_text):
        locked.update(part.strip().strip('"') for part in line.replace('"', "").split(","))
    for group in ("dependencies", "devDependencies", "optionalDependencies"):
        for name, wanted in manifest.groups.get(group, {}).items():
            if not {f"{name}@{wanted}", f"{name}@npm:{wanted}"} & locked:
                return f"the lock file has no entry for '{name}@{wanted}'"
    return None


def pnpm_lock_problem(manifest_text: str, lock_text: str, importer: str = ".") -> str | None:
    """Why pnpm may refuse this pnpm-lock.yaml for the package at `importer`; None if it agrees."""
    manifest = read_manifest(manifest_text)
    if manifest is None:
        return "package.json is not a JSON object"
    locked = _pnpm_specifiers(lock_text, importer)
    if locked is None:
        return "the lock file does not list the ranges of this package"
    wanted = {
        name: text
        for group in ("dependencies", "devDependencies", "optionalDependencies")
        for name, text in manifest.groups.get(group, {}).items()
    }
    for name in sorted(wanted.keys() | locked.keys()):
        if wanted.get(name) != locked.get(name):
            return f"'{name}' differs between package.json and the lock file"
    return None


def _pnpm_specifiers(text: str, importer: str) -> dict[str, str] | None:
    """Name to range below `importers:` (lock file versions 6 to 9), by indentation."""
    found: dict[str, str] = {}
    top = package = name = ""
    known = False
    for line in text.split("\n"):
        key, _, value = line.strip().partition(": ")
        key = key.rstrip(":").strip("'\"")
        indent = len(line) - len(line.lstrip(" "))
        if not key or key.startswith("#"):
            continue
        if indent == 0:
            top = key
        elif top == "importers" and indent == 2:
            package = key
            known = known or package == importer
        elif top == "importers" and package == importer:
            if indent == 6:
                name = key
            elif indent == 8 and key == "specifier":
                found[name] = value.strip().strip("'\"")
    return found if known else None
