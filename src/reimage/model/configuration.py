"""The image configuration that a stage's instructions make, as far as the text decides it.

Field names are those of the OCI image configuration. Base image values are not in it; what the file
can't decide is left as written, so equal files give equal configurations.
"""

from __future__ import annotations

from collections.abc import Mapping

from reimage.dockerfile import (
    Cmd,
    CommandLine,
    Entrypoint,
    Expose,
    Healthcheck,
    Instruction,
    Label,
    Maintainer,
    Onbuild,
    Stopsignal,
    Volume,
)
from reimage.model.stages import Stage
from reimage.model.state import State

Configuration = Mapping[str, object]


def configuration(stage: Stage) -> Configuration:
    """What the stage's instructions, and those of the stages it is FROM, put into the image config."""
    fields: dict[str, object] = dict(configuration(stage.base)) if stage.base else {}
    fields.pop("OnBuild", None)
    fields["From"] = stage.base.index if stage.base else _image(stage)
    fields["Platform"] = stage.from_.platform
    command_set = False
    for instruction in stage.instructions:
        state = stage.before(instruction)
        if isinstance(instruction, Entrypoint) and not command_set:
            fields.pop("Cmd", None)
        command_set = command_set or isinstance(instruction, Cmd)
        _add(fields, instruction, state)
    end = stage.end
    fields |= {"Env": dict(end.env), "User": end.user, "WorkingDir": end.workdir, "Shell": end.shell}
    return fields


def _image(stage: Stage) -> str | None:
    return stage.image or (stage.from_.image.text if stage.from_.image else None)


def _add(fields: dict[str, object], instruction: Instruction, state: State) -> None:
    escape = instruction.escape
    match instruction:
        case Cmd():
            fields["Cmd"] = _argv(instruction.command_line, state)
        case Entrypoint():
            fields["Entrypoint"] = _argv(instruction.command_line, state)
        case Healthcheck():
            line = instruction.command_line
            flags = tuple((flag.name, flag.value) for flag in instruction.flags)
            fields["Healthcheck"] = (flags, _argv(line, state) if line else instruction.kind)
        case Label():
            new = {
                state.expand(p.key, escape).text: state.expand(p.value or "", escape).text
                for p in instruction.pairs
            }
            fields["Labels"] = {**_mapping(fields, "Labels"), **new}
        case Expose():
            words = (state.expand(port.text, escape).words for port in instruction.ports)
            ports = [port for found in words for port in found]
            fields["ExposedPorts"] = {**_mapping(fields, "ExposedPorts"), **dict.fromkeys(ports)}
        case Volume():
            paths = [state.expand(path.text, escape).text for path in instruction.paths]
            fields["Volumes"] = {**_mapping(fields, "Volumes"), **dict.fromkeys(paths)}
        case Stopsignal():
            fields["StopSignal"] = state.expand(instruction.value, escape).text
        case Maintainer():
            fields["Author"] = instruction.value
        case Onbuild():
            before = fields.get("OnBuild", ())
            assert isinstance(before, tuple)
            fields["OnBuild"] = (*before, instruction.arguments.text)
        case _:
            return


def _argv(line: CommandLine, state: State) -> tuple[str, ...]:
    if line.exec is not None:
        return line.exec
    text = line.shell.text if line.shell else ""
    return (*(state.shell or ("/bin/sh", "-c")), text)


def _mapping(fields: dict[str, object], name: str) -> dict[str, object]:
    value = fields.get(name, {})
    assert isinstance(value, dict)
    return value
