"""Installs that go by a lock file alone: how they are asked for, and whether they would succeed."""

import json
import posixpath
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from reimage.model.context import ContextFacts
from reimage.model.manifests.needs import inside
from reimage.text import late


class LockRule(NamedTuple):
    """How a manager installs what its lock file says.

    `decided` are options with which somebody has decided already, one way or the other. With
    `verbs` these words of the command become `strict`, else the option `strict` is added.
    """

    manifest: str
    locks: tuple[str, ...]
    strict: str
    decided: tuple[str, ...]
    environment: tuple[str, ...] = ()
    verbs: frozenset[str] = frozenset()


RULES: Mapping[str, LockRule] = MappingProxyType(
    {
        "npm": LockRule(
            "package.json",
            ("npm-shrinkwrap.json", "package-lock.json"),
            "ci",
            ("--no-package-lock", "--package-lock", "--package-lock-only", "--global"),
            ("NPM_CONFIG_PACKAGE_LOCK", "npm_config_package_lock"),
            frozenset("install i in ins inst insta instal isnt isnta isntal isntall".split()),
        ),
        "yarn": LockRule(
            "package.json",
            ("yarn.lock",),
            "--frozen-lockfile",
            (
                "--frozen-lockfile", "--pure-lockfile", "--no-lockfile", "--immutable",
                "--no-immutable", "--check-cache", "--refresh-lockfile", "--force",
            ),
            ("YARN_ENABLE_IMMUTABLE_INSTALLS", "CI"),
        ),
        "pnpm": LockRule(
            "package.json",
            ("pnpm-lock.yaml",),
            "--frozen-lockfile",
            (
                "--frozen-lockfile", "--no-frozen-lockfile", "--prefer-frozen-lockfile",
                "--lockfile-only", "--fix-lockfile", "--no-lockfile", "--lockfile", "--force",
            ),
            ("CI",),
        ),
        "cargo": LockRule(
            "Cargo.toml",
            ("Cargo.lock",),
            "--locked",
            ("--locked", "--frozen", "--manifest-path", "-C", "--config", "--workspace", "-Z"),
        ),
        "uv": LockRule(
            "pyproject.toml",
            ("uv.lock",),
            "--locked",
            (
                "--locked", "--frozen", "-U", "--upgrade", "-P", "--upgrade-package", "--script",
                "--project", "--directory", "--resolution", "--prerelease", "--exclude-newer",
                "--index", "--default-index", "--extra-index-url", "-i", "--index-url",
                "--no-sources", "--index-strategy",
            ),
            ("UV_LOCKED", "UV_FROZEN"),
        ),
    }
)  # fmt: skip


# What means the same to `npm install` and to `npm ci`.
NPM_CI_OPTIONS = late(
    r"--(?:production|only|omit|include|also|dev)(?:=\w+)?|--legacy-peer-deps|--strict-peer-deps"
    r"|--no-(?:audit|fund|optional|progress|save|bin-links|update-notifier)|--ignore-scripts"
    r"|--(?:audit|fund|progress|optional|bin-links)=\w+|--quiet|--silent|--verbose|-[sqd]+"
    r"|--prefer-(?:offline|online)|--offline|--unsafe-perm(?:=\w+)?|--force|-f|--no-color"
    r"|--(?:loglevel|registry|cache|fetch-[\w-]+|maxsockets|cpu|os|libc)(?:=.*)?"
    r"|--build-from-source(?:=.*)?|--foreground-scripts"
)
_RESOLVING = late(
    r"UV_(?:(?:(?:DEFAULT|EXTRA)_)?INDEX(?:_URL|_STRATEGY)?|FIND_LINKS|EXCLUDE_NEWER(?:_PACKAGE)?"
    r"|RESOLUTION|PRERELEASE|FORK_STRATEGY|NO_SOURCES(?:_PACKAGE)?|CONFIG_FILE)"
)


def asks_for_another_lock(manager: str, variables: Iterable[str]) -> str | None:
    """The environment variable that has a say about what the lock file should hold."""
    if manager != "uv":
        return None
    return next((name for name in variables if _RESOLVING.fullmatch(name)), None)


def lock_beside(manager: str, directory: str, context: ContextFacts) -> str | None:
    """The lock file that a manager would use for the project in `directory` of the context."""
    paths = (inside(directory, name) or "" for name in RULES[manager].locks)
    return next((path for path in paths if path in context.files), None)


def lock_problem(
    manager: str, lock: str, context: ContextFacts, image: str | None, *, wants_peers: bool = True
) -> str | None:
    """Why an install by the lock file alone may fail, or may install something else."""
    # Few runs get as far as reading a lock file.
    from reimage.model.manifests.cargo_locks import cargo_lock_problem
    from reimage.model.manifests.npm import read_manifest
    from reimage.model.manifests.npm_locks import (
        npm_lock_problem,
        pnpm_lock_problem,
        yarn_lock_problem,
    )
    from reimage.model.manifests.uv_locks import uv_lock_problem

    directory = posixpath.dirname(lock)
    manifest = inside(directory, RULES[manager].manifest) or ""
    text, lock_text = context.texts.get(manifest), context.texts.get(lock)
    if text is None or lock_text is None:
        return f"{lock if lock_text is None else manifest} is too large to be compared"
    match manager:
        case "cargo":
            return cargo_lock_problem(text, lock_text)
        case "uv":
            return uv_lock_problem(text, lock_text)
        case "npm":
            reason = _npm_problem(lock_text, directory, context, image)
            reason = reason or npm_lock_problem(text, lock_text, wants_peers=wants_peers)
        case "yarn":
            reason = _yarn_problem(text, lock_text, directory, context)
            reason = reason or yarn_lock_problem(text, lock_text)
        case _:
            reason = _pnpm_problem(text, lock_text, directory, context)
            reason = reason or pnpm_lock_problem(text, lock_text)
    found = read_manifest(text)
    if reason is None and found and found.workspaces:
        return "the workspaces are not compared with the lock file"
    return reason


def _npm_problem(
    lock_text: str, directory: str, context: ContextFacts, image: str | None
) -> str | None:
    if re.search(r"(?m)^\s*package-lock\s*=\s*false", _beside(".npmrc", directory, context)):
        return ".npmrc says package-lock=false"
    node = re.match(r"(?:.*/)?node:(\d+)", image or "")
    if node and int(node[1]) < 16 and '"lockfileVersion": 3' in lock_text:
        return f"npm in {image} does not read lock files of version 3"
    return None


def _yarn_problem(text: str, lock_text: str, directory: str, context: ContextFacts) -> str | None:
    is_modern = "__metadata:" in lock_text
    runs_modern = _beside(".yarnrc.yml", directory, context) or _pinned(text).startswith("yarn@")
    if _pinned(text).startswith("yarn@1."):
        runs_modern = ""
    if is_modern or runs_modern:
        # Which Yarn wrote the file, and which one runs, decides whether it is up to date.
        return "it is not certain that the Yarn which runs wrote yarn.lock"
    if "# yarn lockfile v1" not in lock_text:
        return "yarn.lock does not say which version of Yarn wrote it"
    return None


def _pnpm_problem(text: str, lock_text: str, directory: str, context: ContextFacts) -> str | None:
    if _beside("pnpm-workspace.yaml", directory, context):
        return "the workspace is not compared with the lock file"
    if _beside(".pnpmfile.cjs", directory, context) or '"pnpm"' in text:
        return "settings of pnpm decide about the lock file, too"
    version = re.match(r"lockfileVersion: ['\"]?([\d.]+)", lock_text)
    known = {"9.0": ("9", "10"), "6.0": ("8",)}.get(version[1] if version else "", ())
    pinned = re.match(r"pnpm@(\d+)", _pinned(text))
    if not known or (pinned and pinned[1] not in known) or (not pinned and "9" not in known):
        return "it is not certain that the pnpm which runs reads this version of pnpm-lock.yaml"
    return None


def _beside(name: str, directory: str, context: ContextFacts) -> str:
    return context.texts.get(inside(directory, name) or "", "")


def _pinned(text: str) -> str:
    """The package manager that package.json asks Corepack for."""
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return ""
    return str(data.get("packageManager", "")) if isinstance(data, dict) else ""
