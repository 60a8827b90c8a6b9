"""composer.json: what `composer install` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reimage.model.manifests.needs import InstallNeeds, beside, inside, needs

_INSTALL_EVENTS = (
    "pre-install-cmd",
    "post-install-cmd",
    "pre-update-cmd",
    "post-update-cmd",
    "pre-autoload-dump",
    "post-autoload-dump",
    "pre-operations-exec",
    "pre-package-install",
    "post-package-install",
    "pre-pool-create",
    "init",
    "command",
)


def install_needs(texts: Mapping[str, str], directory: str = "") -> InstallNeeds:
    """What `composer install` in `directory` reads."""
    path = inside(directory, "composer.json") or ""
    try:
        data = json.loads(texts.get(path, "").removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        return InstallNeeds((), f"{path} is missing or is not a JSON object")
    return needs([path, *beside(texts, directory, ["composer.lock"])], _problem(data, path))


def _problem(data: Mapping[str, Any], path: str) -> str | None:
    scripts = data.get("scripts")
    for event in _INSTALL_EVENTS:
        if isinstance(scripts, dict) and event in scripts:
            return f"an install runs the script '{event}' of {path}, which may read any file"
    repositories = data.get("repositories")
    if isinstance(repositories, dict):
        repositories = list(repositories.values())
    for repository in repositories if isinstance(repositories, list) else ():
        if not isinstance(repository, dict) or repository.get("type") in ("path", "artifact"):
            return f"{path} names a local repository"
        if str(repository.get("url", "")).startswith((".", "/", "file:")):
            return f"{path} names a local repository"
    for group in ("autoload", "autoload-dev"):
        autoload = data.get(group)
        if isinstance(autoload, dict) and {"classmap", "files"} & autoload.keys():
            return f"{path} loads files of the project by name, which an install looks for"
    config = data.get("config")
    switches = ("optimize-autoloader", "classmap-authoritative")
    if isinstance(config, dict) and any(config.get(switch) for switch in switches):
        return f"{path} asks for a class map, which is made from the sources"
    return None
