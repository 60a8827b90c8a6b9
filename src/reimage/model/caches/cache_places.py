"""The directories that package managers keep downloads in, by the variables and images in force."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from reimage.dockerfile import Add, Cmd, Copy, Entrypoint, Healthcheck, Instruction, Run, Volume
from reimage.model.facts import Facts
from reimage.model.homes import Home
from reimage.model.known_images import is_official
from reimage.model.paths import is_at_or_above
from reimage.model.runs import RunFacts
from reimage.model.stages import Stage
from reimage.model.state import State

_HOME = "HOME"
_Places = tuple[tuple[str, str], ...]
# In order: the first variable that is set counts, with what comes below it.
_PLACES: Mapping[str, tuple[_Places, ...]] = MappingProxyType(
    {
        "pip": ((("PIP_CACHE_DIR", ""), ("XDG_CACHE_HOME", "/pip"), (_HOME, "/.cache/pip")),),
        "uv": ((("UV_CACHE_DIR", ""), ("XDG_CACHE_HOME", "/uv"), (_HOME, "/.cache/uv")),),
        "npm": ((("npm_config_cache", ""), ("NPM_CONFIG_CACHE", ""), (_HOME, "/.npm")),),
        "yarn": (
            (("YARN_CACHE_FOLDER", ""), ("XDG_CACHE_HOME", "/yarn"), (_HOME, "/.cache/yarn")),
        ),
        "pnpm": (
            (
                ("PNPM_HOME", "/store"),
                ("XDG_DATA_HOME", "/pnpm/store"),
                (_HOME, "/.local/share/pnpm/store"),
            ),
        ),
        "composer": (
            (
                ("COMPOSER_CACHE_DIR", ""),
                ("COMPOSER_HOME", "/cache"),
                ("XDG_CACHE_HOME", "/composer"),
                (_HOME, "/.composer/cache"),
            ),
        ),
        "gem": ((("GEM_HOME", "/cache"),),),
        "bundle": ((("GEM_HOME", "/cache"),),),
        "go": (
            (("GOMODCACHE", ""), ("GOPATH", "/pkg/mod"), (_HOME, "/go/pkg/mod")),
            (("GOCACHE", ""), ("XDG_CACHE_HOME", "/go-build"), (_HOME, "/.cache/go-build")),
        ),
        "cargo": ((("CARGO_HOME", "/registry"), (_HOME, "/.cargo/registry")),),
        "maven": (((_HOME, "/.m2/repository"),),),
        "gradle": ((("GRADLE_USER_HOME", ""), (_HOME, "/.gradle")),),
    }
)  # fmt: skip
_SET_BY_IMAGE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "composer": {"COMPOSER_HOME": "/tmp"},
        "golang": {"GOPATH": "/go"},
        "gradle": {"GRADLE_USER_HOME": "/home/gradle/.gradle"},
        "ruby": {"GEM_HOME": "/usr/local/bundle"},
        "rust": {"CARGO_HOME": "/usr/local/cargo"},
    }
)
_TIDYING = frozenset(("rm", "find", "mkdir", "chown", "chmod", "du", "ls"))
_IN_A_CONTAINER = (Cmd, Entrypoint, Healthcheck, Volume)


def cache_places(name: str, stage: Stage, state: State, home: Home) -> tuple[str, ...] | str | None:
    """The cache directories of a manager; a reason when they can't be told, None without any."""
    variables = {_HOME: home.path}
    for image, settings in _SET_BY_IMAGE.items():
        if is_official(stage.root_image, image):
            variables |= settings
    found: list[str] = []
    for places in _PLACES.get(name, ()):
        place = _place(places, variables, state)
        if place is None:
            return None
        if not place.startswith("/"):
            return f"the value of {place} is not known"
        found.append(place)
    if name == "yarn" and home.user is None and found == [f"{home.path}/.cache/yarn"]:
        # Yarn 1 takes this for root's home.
        return ("/usr/local/share/.cache/yarn",)
    return tuple(found) or None


def _place(places: _Places, variables: Mapping[str, str], state: State) -> str | None:
    """The directory, or the name of the variable that hides it."""
    for name, below in places:
        if name in state.args and name not in state.env:
            return name
        if name in state.env and name != _HOME:
            known = name not in state.unknown | state.overridable
            value = state.env[name].rstrip("/")
            return value + below if known and value.startswith("/") else name
        if name in variables:
            return variables[name] + below
    return None


def dependent(facts: Facts, stage: Stage, directory: str, manager: str) -> str | None:
    """The beginning of an instruction that needs what a layer holds in the directory.

    RUNs that call the manager do not, for they can have the mount as well.
    """
    tail = directory.removeprefix("/root")
    for instruction in stage.instructions:
        if _writes_into(instruction, directory):
            return _shown(instruction)
    for user in _builds_on(facts, stage):
        for instruction in user.instructions:
            text = instruction.logical.text
            if isinstance(instruction, _IN_A_CONTAINER) and (
                directory in text or f"~{tail}" in text
            ):
                return _shown(instruction)
        for run in user.runs:
            calls = any(each.manager.name == manager for each in run.operations)
            if not calls and _uses(run, directory, tail):
                return _shown(run.run)
    for other in facts.stages:
        for instruction in other.instructions:
            if any(is_at_or_above(each, directory) or is_at_or_above(directory, each)
                   for each in _taken(instruction, stage) if each != "/"):  # fmt: skip
                return _shown(instruction)
    return None


def _uses(run: RunFacts, directory: str, tail: str) -> bool:
    if directory not in run.run.logical.text and tail not in run.run.logical.text:
        return False
    pattern = re.compile(
        rf"(?:{re.escape(directory)}|(?:~|\$\{{?HOME\}}?){re.escape(tail)})(?![\w.-])"
    )
    return any(
        pattern.search(word.text)
        for command in run.commands
        if command.unwrapped().name not in _TIDYING
        for word in command.words
    )


def _writes_into(instruction: Instruction, directory: str) -> bool:
    if not isinstance(instruction, Copy | Add) or not instruction.destination:
        return False
    return is_at_or_above(directory, instruction.destination.text.rstrip("/"))


def _builds_on(facts: Facts, stage: Stage) -> Iterator[Stage]:
    return (each for each in facts.stages if each is stage or stage in each.ancestors)


def _taken(instruction: Instruction, stage: Stage) -> Iterator[str]:
    """The paths that an instruction takes from the stage."""
    named = {stage.name, str(stage.index)}
    if isinstance(instruction, Copy) and (instruction.from_ or "").lower() in named:
        yield from (word.text.rstrip("/") or "/" for word in instruction.sources)
    if isinstance(instruction, Run):
        for mount in instruction.mounts:
            if mount.get("from", "").lower() in named:
                yield (mount.get("source") or mount.get("src") or "/").rstrip("/") or "/"


def _shown(instruction: Instruction) -> str:
    return instruction.logical.text[:50].rstrip()
