"""Differences of two configurations, as sentences; `declared` are the fields that a transformation
said it may change, named as in the OCI configuration."""

from __future__ import annotations

import shlex
from collections.abc import Collection
from typing import TYPE_CHECKING

from reimage.image.closure.commands import command_of
from reimage.image.trees.images import ConfigChange, config_changes

if TYPE_CHECKING:
    from reimage.image.config import ImageConfig

_FIELDS = {
    "Env": "env",
    "Entrypoint": "entrypoint",
    "Cmd": "cmd",
    "User": "user",
    "WorkingDir": "workdir",
    "ExposedPorts": "ports",
    "Volumes": "volumes",
    "Labels": "labels",
    "StopSignal": "stop_signal",
    "Healthcheck": "healthcheck",
    "Shell": "shell",
    "OnBuild": "onbuild",
}
#: Variables of official images that tell how the image was made; no program reads them.
TOLD_OF_THE_BASE = frozenset(
    "GPG_KEY PYTHON_VERSION PYTHON_SHA256 PYTHON_PIP_VERSION PYTHON_SETUPTOOLS_VERSION "
    "PYTHON_GET_PIP_URL PYTHON_GET_PIP_SHA256 NODE_VERSION YARN_VERSION GOLANG_VERSION "
    "GOTOOLCHAIN DEBIAN_FRONTEND".split()
)
_BEHAVIOUR = ("ports", "volumes", "user", "workdir", "stop_signal", "healthcheck", "onbuild")


def same_configuration(
    before: ImageConfig, after: ImageConfig, declared: Collection[str]
) -> list[str]:
    """Every field is to be equal, but those that were declared."""
    free = {_FIELDS.get(name) for name in declared}
    changes = config_changes(before, after)
    return [_sentence(change) for change in changes if change.field not in free]


def compatible_configuration(
    before: ImageConfig, after: ImageConfig, declared: Collection[str]
) -> list[str]:
    """What runs, as whom, where, and what others may rely on; more variables and ports are fine."""
    free = {_FIELDS.get(name) for name in declared}
    told = [
        _sentence(change)
        for change in config_changes(before, after)
        if change.field not in free and _matters(change)
    ]
    fixed = {"entrypoint", "cmd"} - free
    if any(getattr(before, name) != getattr(after, name) for name in fixed) and (
        _words(before) != _words(after)
    ):
        told.append(f"the command is {list(command_of(after))}, not {list(command_of(before))}")
    return told


def _matters(change: ConfigChange) -> bool:
    if change.field == "env":
        aside = change.before is None or change.key == "PATH"
        return not aside and change.key not in TOLD_OF_THE_BASE
    if change.field in ("ports", "volumes"):
        assert isinstance(change.before, tuple)
        assert isinstance(change.after, tuple)
        return not set(change.before) <= set(change.after)
    return change.field in _BEHAVIOUR


def _words(config: ImageConfig) -> tuple[str, ...]:
    """The command, freed of a shell that only takes it apart."""
    command = command_of(config)
    if len(command) == 3 and command[:2] == ("/bin/sh", "-c"):
        try:
            words = shlex.split(command[2])
        except ValueError:
            return command
        return tuple(words[1:] if words[:1] == ["exec"] else words)
    return command


def _sentence(change: ConfigChange) -> str:
    name = f"{change.field} {change.key}".strip().replace("_", " ")
    # Values may be secrets that somebody put there; a report is shown to others.
    if change.field == "env":
        what = "is new" if change.before is None else "is gone" if change.after is None else ""
        return f"the variable {change.key} {what or 'has another value'}"
    return f"{name} is {_told(change.after)}, not {_told(change.before)}"


def _told(value: object) -> str:
    if value is None or value in ("", ()):
        return "not set"
    return repr(list(value) if isinstance(value, tuple) else value)[:200]
