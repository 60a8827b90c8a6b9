"""The programs that `go build` and `go install` make, by their places in the image."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reimage.model.context import ContextFacts
from reimage.model.installs.project_installs import Step, steps
from reimage.model.runs import RunFacts
from reimage.model.stages import Stage
from reimage.shell import Command
from reimage.text import late

_MODULE = late(r"(?:\A|\n)module\s+\"?([^\s\"]+)")
_MAJOR = late(r"/v\d+$")
_VALUED = frozenset("-o -ldflags -gcflags -asmflags -tags -mod -p -buildmode -C".split())


def programs(run: RunFacts, stage: Stage, context: ContextFacts) -> Iterator[str]:
    """The programs that a RUN makes; none where the text does not tell their names."""
    module = _module(stage, context)
    for step in steps(run, stage) or ():
        command = step.command.unwrapped()
        said = command.values[1:2]
        if command.name != "go" or step.directory is None:
            continue
        if said == ("build",):
            yield from _built(command, step, module)
        elif said == ("install",) and (name := _installed(command, module)):
            yield f"/go/bin/{name}"


def _installed(command: Command, module: str) -> str | None:
    """The name of a program of the module's own; one with a version comes from elsewhere."""
    elsewhere = any("@" in (value or "") for value in command.values)
    return None if elsewhere else _default_name(command, module)


def _built(command: Command, step: Step, module: str) -> Iterator[str]:
    output = _output(command)
    name = _default_name(command, module)
    is_folder = output is not None and (output.endswith("/") or output in (".", ".."))
    if is_folder and name:
        name = posixpath.join(output or "", name)
    elif output:
        name = output
    if name:
        yield posixpath.normpath(posixpath.join(step.directory or "/", name))


def _output(command: Command) -> str | None:
    values = list(command.values)
    for at, value in enumerate(values):
        if value == "-o" and at + 1 < len(values):
            return values[at + 1]
        if value and value.startswith("-o="):
            return value[3:]
    return None


def _default_name(command: Command, module: str) -> str | None:
    """What `go build` calls the program: after its package, or after the module."""
    packages: list[str] = []
    words = iter(command.values[2:])
    for value in words:
        if value is None:
            return None
        if value in _VALUED:
            next(words, None)
        elif not value.startswith("-"):
            packages.append(value)
    if len(packages) > 1:
        return None
    package = packages[0] if packages else "."
    if package.endswith(".go"):
        return posixpath.basename(package).removesuffix(".go")
    if package not in (".", "./"):
        return posixpath.basename(posixpath.normpath(package)) if "..." not in package else None
    return posixpath.basename(_MAJOR.sub("", module)) or None


def _module(stage: Stage, context: ContextFacts) -> str:
    """The path of the module: go.mod's, or that of `go mod init`; empty where it has none."""
    match = _MODULE.search(context.texts.get("go.mod", ""))
    if match:
        return match[1]
    commands = [command.values for run in stage.runs for command in run.commands]
    named = [words[3] for words in commands if words[:3] == ("go", "mod", "init") and words[3:]]
    return named[0] or "" if len(named) == 1 else ""
