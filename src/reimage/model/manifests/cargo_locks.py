"""Whether Cargo.lock still says what Cargo.toml says; `cargo build --locked` fails where not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reimage.model.manifests.toml import read_toml
from reimage.text import late

_GROUPS = ("dependencies", "dev-dependencies", "build-dependencies")
_RANGE = late(r"(\^|=|~)?\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?")
_VERSION = late(r"(\d+)\.(\d+)\.(\d+)(?:\+.*)?")


def cargo_lock_problem(manifest_text: str, lock_text: str) -> str | None:
    """Why Cargo may want to change this Cargo.lock; None if it agrees.

    Workspaces, dependencies that are no crates of a registry, and ranges of more than one
    comparison are not judged.
    """
    manifest, lock = read_toml(manifest_text), read_toml(lock_text)
    if manifest is None or lock is None:
        return "Cargo.toml or Cargo.lock is not TOML"
    package = manifest.get("package")
    if not isinstance(package, dict) or {"workspace", "patch", "replace"} & manifest.keys():
        return "Cargo.toml is a workspace, or replaces crates"
    locked = [each for each in lock.get("package", ()) if isinstance(each, dict)]
    root = next((each for each in locked if each.get("name") == package.get("name")), {})
    if not root or "source" in root or root.get("version") != package.get("version"):
        return "Cargo.lock does not have this version of the package"
    wanted = dict(_dependencies(manifest))
    recorded = {str(each).split(" ")[0] for each in root.get("dependencies", ())}
    if different := wanted.keys() ^ recorded:
        return f"'{min(different)}' is only in one of Cargo.toml and Cargo.lock"
    for name, range_ in sorted(wanted.items()):
        versions = [str(each.get("version")) for each in locked if each.get("name") == name]
        if range_ is None or not any(_fits(version, range_) for version in versions):
            return f"it is not certain that Cargo.lock has the wanted version of '{name}'"
    return None


def _dependencies(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Crate to range; None for what is not from a registry."""
    targets = manifest.get("target")
    tables = [manifest, *(targets.values() if isinstance(targets, dict) else ())]
    for table in tables:
        for group in _GROUPS:
            wanted = table.get(group)
            for name, value in wanted.items() if isinstance(wanted, dict) else ():
                if isinstance(value, str):
                    yield name, value
                elif isinstance(value, dict):
                    odd = {"path", "git", "workspace", "registry"} & value.keys()
                    yield str(value.get("package", name)), None if odd else value.get("version")


def _fits(version: str, range_: str) -> bool:
    """Whether `version` is in `range_`, as far as that is one plain comparison."""
    wanted, is_version = _RANGE.fullmatch(range_.strip()), _VERSION.fullmatch(version)
    if not wanted or not is_version:
        return range_.strip() == "*"
    has = tuple(int(part) for part in is_version.groups())
    lowest = [int(part) for part in wanted.groups()[1:] if part is not None]
    if wanted[1] == "=":
        return list(has[: len(lowest)]) == lowest
    if wanted[1] == "~":
        kept = min(len(lowest), 2)
    else:
        first_set = next((at for at, part in enumerate(lowest) if part), len(lowest) - 1)
        kept = first_set + 1
    return list(has[:kept]) == lowest[:kept] and list(has[: len(lowest)]) >= lowest
