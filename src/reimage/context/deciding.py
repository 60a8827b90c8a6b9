"""The small files that decide what an install installs, and the scripts that may start a program:
which they are, and reading them."""

from __future__ import annotations

import os
from collections.abc import Iterable

from reimage.files import FilesError, read
from reimage.text import decode

MANIFEST_LIMIT = 256 * 1024
LOCK_LIMIT = 4 * 1024 * 1024
SCRIPT_LIMIT = 64 * 1024
# Over all files of a context: enough for monorepos, and read in a fraction of a second.
TOTAL_LIMIT = 32 * 1024 * 1024
COUNT_LIMIT = 1_000

_LOCKS = frozenset(
    """
    package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock Pipfile.lock
    poetry.lock uv.lock pdm.lock Gemfile.lock composer.lock go.sum go.work.sum Cargo.lock
    gradle.lockfile packages.lock.json
    """.split()
)
_MANIFESTS = frozenset(
    """
    package.json .npmrc .yarnrc .yarnrc.yml pnpm-workspace.yaml .pnpmfile.cjs bunfig.toml
    binding.gyp setup.py setup.cfg pyproject.toml Pipfile uv.toml Gemfile composer.json go.mod
    go.work Cargo.toml rust-toolchain rust-toolchain.toml pom.xml build.gradle build.gradle.kts
    settings.gradle settings.gradle.kts gradle.properties libs.versions.toml nuget.config
    NuGet.config NuGet.Config packages.config global.json .dockerignore .python-version
    .ruby-version poetry.toml Makefile makefile GNUmakefile
    """.split()
)
_DEEPEST_SCRIPT = 3
_SUFFIXES = (".gemspec", ".csproj", ".fsproj", ".vbproj", ".sln", ".slnx")
_INSTALLED = frozenset(("node_modules", "vendor", "site-packages", ".git", ".venv", "venv"))


def size_limit(path: str) -> int:
    """How large the file at `path` may be to be read; 0 if it decides about nothing."""
    directory, _, name = path.rpartition("/")
    if name in _LOCKS:
        return LOCK_LIMIT
    if name in _MANIFESTS or path.endswith((".cargo/config.toml", ".cargo/config")):
        return MANIFEST_LIMIT
    if name.endswith(".txt"):
        above = directory.rpartition("/")[2]
        listed = name.startswith(("requirements", "constraints")) or above == "requirements"
        return MANIFEST_LIMIT if listed or name.endswith("requirements.txt") else 0
    if name.endswith(".sh") or name.startswith(("entrypoint", "docker-entrypoint")):
        return SCRIPT_LIMIT if path.count("/") <= _DEEPEST_SCRIPT else 0
    is_shared = name.startswith("Directory.") and name.endswith((".props", ".targets"))
    return MANIFEST_LIMIT if is_shared or name.endswith(_SUFFIXES) else 0


def read_texts(root: str, paths: Iterable[str]) -> dict[str, str]:
    """The texts of the deciding files among `paths`, which are relative to `root`.

    Too large ones and those of installed packages are left out, as is what cannot be read. Where
    there are too many, the first are taken.
    """
    texts: dict[str, str] = {}
    left = TOTAL_LIMIT
    for path in paths:
        limit = size_limit(path)
        if not limit or not _INSTALLED.isdisjoint(path.split("/")):
            continue
        try:
            data = read(os.path.join(root, path), limit=min(limit, left))
        except FilesError:  # too large, unreadable or replaced meanwhile: as good as unknown
            continue
        texts[path] = decode(data)
        left -= len(data)
        if len(texts) >= COUNT_LIMIT:
            break
    return texts
