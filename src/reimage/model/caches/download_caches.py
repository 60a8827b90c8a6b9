"""Where package managers keep what they download, and who empties or hides it."""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from reimage.dockerfile import Run
from reimage.model.runs import RunFacts
from reimage.model.stages import Stage
from reimage.model.state import State
from reimage.shell import Command, PackageManager, PackageOperation, Verb, package_operation


class DownloadCache(NamedTuple):
    """The settings of one manager.

    `directories` are relative to whatever directory holds them (the home, mostly). `variables` name
    the directory, `switches` are variables that turn caching off, `options` those that do either.
    """

    directories: tuple[str, ...]
    variables: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


_CONDA = DownloadCache(("conda/pkgs", "micromamba/pkgs"), ("CONDA_PKGS_DIRS",))
_GEMS = DownloadCache(("bundle/cache", "cache/*.gem", "gems/*/cache", "ruby/*/cache"))
_CACHES: Mapping[str, DownloadCache] = MappingProxyType(
    {
        "pip": DownloadCache(
            (".cache/pip",),
            ("PIP_CACHE_DIR",),
            ("PIP_NO_CACHE_DIR",),
            # The last three are abbreviations that pip takes.
            ("--no-cache-dir", "--cache-dir", "--no-cache-di", "--no-cache-d", "--no-cache"),
        ),
        "uv": DownloadCache(
            (".cache/uv",),
            ("UV_CACHE_DIR",),
            ("UV_NO_CACHE",),
            ("--no-cache", "--no-cache-dir", "--cache-dir", "-n"),
        ),
        "composer": DownloadCache(
            (".composer/cache", ".cache/composer"), ("COMPOSER_CACHE_DIR",), (), ("--no-cache",)
        ),
        "npm": DownloadCache(
            (".npm",), ("npm_config_cache", "NPM_CONFIG_CACHE"), (), ("--cache",)
        ),
        "yarn": DownloadCache(
            (".cache/yarn", ".yarn-cache"), ("YARN_CACHE_FOLDER",), (), ("--cache-folder",)
        ),
        "conda": _CONDA,
        "mamba": _CONDA,
        "micromamba": _CONDA,
        "gem": _GEMS,
        "bundle": _GEMS,
    }
)  # fmt: skip
_NOTHING_FETCHED = ("--dry-run", "--no-index", "--offline", "--package-lock-only", "--help", "-h")
_FETCHING_VERBS_OF_PIP = frozenset(("install", "download", "wheel"))
_OFF = frozenset(("", "0", "false"))
_REMOVERS = frozenset(("find", "rm"))


def fetches_downloads(operation: PackageOperation) -> bool:
    """Whether the operation leaves downloads in its cache, as far as its words tell."""
    cache = _CACHES.get(operation.manager.name)
    if cache is None or operation.has(*_NOTHING_FETCHED, *cache.options):
        return False
    if operation.manager.name == "pip":
        said = operation.verb_words[0].value if operation.verb_words else None
        return said in _FETCHING_VERBS_OF_PIP
    return operation.verb in (Verb.INSTALL, Verb.UPGRADE)


def caching_is_settled(run: RunFacts, manager: PackageManager) -> bool:
    """Whether a variable turns caching off, or the script says something of the cache's place."""
    cache = _CACHES[manager.name]
    assert run.run.script is not None
    text = run.run.script.text
    if any(name in text for name in (*cache.variables, *cache.switches)):
        return True
    return any(_is_on(run.state, name) for name in cache.switches)


def _is_on(state: State, name: str) -> bool:
    if name in state.args and name not in state.env:
        return True
    # pip disables its cache for every value it is given, "false" included.
    off = _OFF if name.startswith("UV_") else ("",)
    return name in state.env and state.env[name].strip("\"'").lower() not in off


def downloads_are_hidden(run: RunFacts, manager: PackageManager) -> bool:
    """Whether a cache or tmpfs mount keeps the manager's downloads out of the layer."""
    variables = run.state.variables
    own = {variables.get(name, "").rstrip("/") for name in _CACHES[manager.name].variables}
    for hidden in run.hidden_directories:
        target = run.state.expand(hidden, run.run.escape).text
        if target in own or target == "/root" or _is_about_cache(target, manager):
            return True
    return False


def empties_cache(run: RunFacts, manager: PackageManager, after: int = 0) -> bool:
    """Whether a command behind offset `after` of the script empties the manager's cache."""
    return any(empties(command, manager) for command in run.commands if command.span.start >= after)


def empties(command: Command, manager: PackageManager) -> bool:
    """Whether the command empties the manager's cache, or removes it, or a directory above it."""
    operation = package_operation(command)
    if operation is not None:
        same = _CACHES.get(operation.manager.name) is _CACHES[manager.name]
        return operation.verb is Verb.CLEAN and same
    if command.unwrapped().name not in _REMOVERS:
        return False
    return any(_is_about_cache(word.text, manager) for word in command.words)


def _is_about_cache(path: str, manager: PackageManager) -> bool:
    cache = _CACHES[manager.name]
    if any(name in path for name in cache.variables):
        return True
    pattern = _pattern(cache.directories)
    return pattern.search(path.strip("\"'").rstrip("}")) is not None


@lru_cache
def _pattern(directories: tuple[str, ...]) -> re.Pattern[str]:
    """Matches the directories, what is in them, their parents alone, and braces around them."""
    alternatives: list[str] = []
    for directory in directories:
        parent, slash, name = directory.rpartition("/")
        escaped = re.escape(parent).replace(r"\*", "[^/]*")
        alternatives.append(rf"{escaped}{slash}[{{\w,.-]*{re.escape(name)}\b")
        if parent.startswith("."):
            alternatives.append(rf"{escaped}(?:/|/\*|/\.\*)*$")
    return re.compile("|".join(alternatives))


def emptied_by_next_runs(stage: Stage, run: RunFacts, manager: PackageManager) -> bool:
    """Whether a RUN behind `run`, with nothing but RUNs between, empties the cache it leaves."""
    here = stage.position(run.run)
    later = [other for other in stage.runs if stage.position(other.run) > here]
    for instruction, other in zip(stage.instructions[here + 1 :], later, strict=False):
        if not isinstance(instruction, Run):
            return False
        if empties_cache(other, manager):
            return True
        if any(each.manager.name == manager.name for each in other.operations):
            return False
    return False


def works_offline_later(stage: Stage, run: RunFacts, name: str) -> bool:
    """Whether a later RUN of the stage calls the manager so that it lives on what is there."""
    here = stage.position(run.run)
    return any(
        operation.manager.name == name and operation.has("--offline")
        for other in stage.runs
        if stage.position(other.run) > here
        for operation in other.operations
    )


def cache_is_off(run: RunFacts, manager: PackageManager) -> str | None:
    """Why the manager doesn't use its cache, or not the usual one."""
    cache = _CACHES.get(manager.name)
    if cache is None or run.run.script is None:
        return None
    for name in cache.switches:
        if _is_on(run.state, name) or name in run.run.script.text:
            return f"{name} turns the cache off"
    found = (name for name in cache.variables if name in run.run.script.text)
    moved = next(found, None)
    return f"the script has its say about {moved}" if moved else None


def cache_options(manager: PackageManager) -> tuple[str, ...]:
    """The options that name the directory of the cache."""
    cache = _CACHES.get(manager.name)
    return tuple(each for each in cache.options if not each.startswith("--no-")) if cache else ()
