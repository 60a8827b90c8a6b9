"""Whether uv.lock still says what pyproject.toml says; `uv sync --locked` fails where not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reimage.model.manifests.toml import read_toml
from reimage.text import late

_REQUIREMENT = late(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*([^;@]*)(?:;.*)?")
_JUDGED = frozenset(("package", "default-groups", "dev-dependencies", "managed"))


def uv_lock_problem(manifest_text: str, lock_text: str) -> str | None:
    """Why uv may want to change this uv.lock; None if names and versions asked for agree.

    Projects with settings of their own for uv (sources, constraints, workspaces) are not judged.
    """
    manifest, lock = read_toml(manifest_text), read_toml(lock_text)
    if manifest is None or lock is None:
        return "pyproject.toml or uv.lock is not TOML"
    project, uv = _table(manifest, "project"), _table(manifest, "tool", "uv")
    if odd := uv.keys() - _JUDGED:
        return f"pyproject.toml has tool.uv.{min(odd)}, which decides about the lock file, too"
    if project.get("requires-python") != lock.get("requires-python"):
        return "pyproject.toml and uv.lock ask for different versions of Python"
    root = next((each for each in lock.get("package", ()) if _is_root(each, project)), None)
    if root is None:
        return "uv.lock does not have the project"
    metadata = _table(root, "metadata")
    recorded = sorted(_recorded(metadata))
    wanted = sorted(_wanted(manifest, project, uv))
    if wanted == recorded:
        return None
    different = {name for name, _ in (set(wanted) ^ set(recorded))}
    return (
        f"pyproject.toml and uv.lock ask for different versions of '{min(different, default='')}'"
    )


def _is_root(package: object, project: Mapping[str, Any]) -> bool:
    if not isinstance(package, dict) or package.get("name") != _normal(str(project.get("name"))):
        return False
    source = _table(package, "source")
    is_here = "." in (source.get("editable"), source.get("virtual"), source.get("directory"))
    version = project.get("version")
    return is_here and (version is None or package.get("version") in (version, None))


def _wanted(
    manifest: Mapping[str, Any], project: Mapping[str, Any], uv: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    lists = [project.get("dependencies"), uv.get("dev-dependencies")]
    lists += _table(project, "optional-dependencies").values()
    lists += _table(manifest, "dependency-groups").values()
    for texts in lists:
        for text in texts if isinstance(texts, list) else ():
            parts = _REQUIREMENT.fullmatch(text.strip()) if isinstance(text, str) else None
            # What is not understood equals nothing that a lock file records.
            yield (_normal(parts[1]), _versions(parts[2])) if parts else (str(text), "?")


def _recorded(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    lists = [metadata.get("requires-dist"), *_table(metadata, "requires-dev").values()]
    for entries in lists:
        for entry in entries if isinstance(entries, list) else ():
            yield str(entry.get("name")), _versions(str(entry.get("specifier", "")))


def _versions(specifier: str) -> str:
    return ",".join(sorted(re.sub(r"[\s()]", "", specifier).split(",")))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _table(data: object, *names: str) -> Mapping[str, Any]:
    for name in names:
        data = data.get(name) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}
