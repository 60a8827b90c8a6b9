"""Which commands download, and which need what an earlier layer downloaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from re import Pattern
from types import MappingProxyType

from reimage.model.caches.download_caches import cache_is_off, cache_options
from reimage.model.facts import Facts
from reimage.model.packages.package_list_readers import is_unknown_script
from reimage.model.runs import RunFacts
from reimage.model.settings import is_set_in
from reimage.model.stages import Stage
from reimage.shell import PackageOperation, Verb
from reimage.text import late

_BUILDING = frozenset(("go", "cargo", "maven", "gradle"))
_MANAGERS = _BUILDING | {"pip", "uv", "npm", "yarn", "pnpm", "composer", "gem", "bundle"}
_VERBS_OF_PIP = frozenset(("install", "download", "wheel"))
_NOT_DOWNLOADING = frozenset(
    "version env fmt clean init new help config login search uninstall wrapper".split()
)
_NOTHING_FETCHED = ("--dry-run", "--no-index", "--package-lock-only", "--help")
_CALLING_OTHERS = frozenset(
    "make gmake ninja just task mage cmake goreleaser bazel tox nox".split()
)
_MOVED_BY_FILE = late(
    r"(?mi)^\s*[\"']?(?:cache|store-?dir|enable-?global-?virtual-?store|virtual-store-dir)[\"']?\s*[=:]"
)
_SETTING_FILES = (".npmrc", "pnpm-workspace.yaml")
# Settings that make the usual directory the wrong one to mount, or more than a cache.
_NO_MERE_CACHE: Mapping[str, tuple[Pattern[str], str]] = MappingProxyType(
    {
        "pnpm": (
            late(r"(?i)global-?_?virtual-?_?store"),
            "the global virtual store is part of what is installed",
        ),
        "uv": (
            late(r"(?:UV_LINK_MODE|--link-mode)[\s=\"']+symlink"),
            "what is installed are links into the cache",
        ),
        "bundle": (
            late(
                r"BUNDLE_(?:PATH|DEPLOYMENT)|\bbundler?\s[^&;|]*\b(?:path|deployment|standalone)\b"
            ),
            "Bundler is told to install elsewhere, and downloads go there, too",
        ),
    }
)
_SWITCHING_USER = ("sudo", "doas", "gosu", "su-exec", "su", "chroot")


def downloads_something(operation: PackageOperation) -> bool:
    """Whether the operation downloads into a cache that a mount could hold."""
    name = operation.manager.name
    if name not in _MANAGERS or operation.has(*_NOTHING_FETCHED):
        return False
    said = operation.verb_words[0].value if operation.verb_words else None
    if name == "pip":
        return said in _VERBS_OF_PIP
    if name in ("maven", "gradle"):  # one call may have several goals
        goals = (*operation.verb_words, *operation.packages)
        return any(word.value not in _NOT_DOWNLOADING for word in goals)
    if name in _BUILDING:
        return said is not None and said not in _NOT_DOWNLOADING
    return operation.verb in (Verb.INSTALL, Verb.UPGRADE)


def is_source_of_build(name: str) -> bool:
    """Whether the manager's downloads are read where they are, and not unpacked elsewhere."""
    return name in _BUILDING


def moves_cache(
    facts: Facts, stage: Stage, run: RunFacts, operations: Sequence[PackageOperation]
) -> str | None:
    """Why the cache may be off, elsewhere than the variables in force say, or no mere cache."""
    manager = operations[0].manager
    if reason := cache_is_off(run, manager):
        return reason
    setting = _NO_MERE_CACHE.get(manager.name)
    if setting and is_set_in(stage, setting[0]):
        return setting[1]
    if manager.name == "pnpm" and any(map(_is_global, operations)):
        return "pnpm 11 runs what is installed globally from its store"
    if any(each.has(*cache_options(manager)) for each in operations):
        return "an option names another directory"
    if any(run.named(*_SWITCHING_USER)):
        return "the script changes the user, and so the home directory"
    if manager.name in ("npm", "pnpm") and facts.context is not None:
        for path, text in facts.context.texts.items():
            if path.rpartition("/")[2] in _SETTING_FILES and _MOVED_BY_FILE.search(text):
                return f"{path} has settings of the cache"
    return None


def _is_global(operation: PackageOperation) -> bool:
    return operation.has("--global") or "-g" in operation.command.values


def needs_layer_of(facts: Facts, stage: Stage, run: RunFacts, name: str) -> str | None:
    """Why a RUN of these layers may need the downloads in the layer."""
    for each in facts.stages:
        if each is not stage and stage not in each.ancestors:
            continue
        for other in each.runs:
            operations = [found for found in other.operations if found.manager.name == name]
            if any(map(_works_offline, operations)):
                return f"a {name} command works offline, and a cache may be empty"
            caller = _caller(other) if name in _BUILDING and not operations else None
            if caller and other.run is not run.run:
                return f"`{caller}` in another RUN may need them"
    return None


def _works_offline(operation: PackageOperation) -> bool:
    name = operation.manager.name
    options = {"maven": ("-o", "--offline"), "cargo": ("--offline", "--frozen")}
    return operation.has(*options.get(name, ("--offline",)))


def _caller(run: RunFacts) -> str | None:
    """A command that may call package managers itself, as written."""
    if run.opaque and run.opaque != "exec form":
        return "a script that can't be read"
    for command in run.commands:
        inner = command.unwrapped()
        if inner.name in _CALLING_OTHERS or is_unknown_script(command):
            return " ".join(word.text for word in inner.words[:3])
    return None
