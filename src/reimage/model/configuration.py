"""The image configuration that a stage's instructions make, as far as the text decides it.

Field names are those of the OCI image configuration. Base image values are not in it; what the file
can't decide is left as written, so equal files give equal configurations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
_WRITTEN = frozenset(
    (
        "CMD", "ENTRYPOINT", "HEALTHCHECK", "LABEL", "EXPOSE", "VOLUME", "STOPSIGNAL",
        "MAINTAINER", "ONBUILD",
    )
)  # fmt: skip
"""What `_add` writes down; the rest is in the state at the end of the stage."""


def configuration(stage: Stage) -> Configuration:
    """What the stage's instructions, and those of the stages it is FROM, put into the config."""
    fields: Configuration = {}
    for each in (*reversed(tuple(stage.ancestors)), stage):
        fields = _continued(fields, each)
    return fields


def configurations(stages: Sequence[Stage]) -> tuple[Configuration, ...]:
    """The configuration of each stage of a file."""
    found: list[Configuration] = []
    for stage in stages:
        found.append(_continued(found[stage.base.index] if stage.base else {}, stage))
    return tuple(found)


def _continued(base: Configuration, stage: Stage) -> Configuration:
    """The configuration of a stage whose base has the configuration `base`."""
    fields = {
        name: dict(value) if isinstance(value, dict) else value for name, value in base.items()
    }
    fields.pop("OnBuild", None)
    fields["From"] = stage.base.index if stage.base else _image(stage)
    fields["Platform"] = stage.from_.platform
    command_set = False
    for instruction in stage.instructions:
        if instruction.keyword not in _WRITTEN:
            continue
        state = stage.before(instruction)
        if isinstance(instruction, Entrypoint) and not command_set:
            fields.pop("Cmd", None)
        command_set = command_set or isinstance(instruction, Cmd)
        _add(fields, instruction, state)
    end = stage.end
    fields |= {"Env": dict(end.env), "User": end.user}
    fields |= {"WorkingDir": end.workdir, "Shell": end.shell}
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
            _mapping(fields, "Labels").update(new)
        case Expose():
            words = (state.expand(port.text, escape).words for port in instruction.ports)
            ports = [port for found in words for port in found]
            _mapping(fields, "ExposedPorts").update(dict.fromkeys(ports))
        case Volume():
            paths = [state.expand(path.text, escape).text for path in instruction.paths]
            _mapping(fields, "Volumes").update(dict.fromkeys(paths))
        case Stopsignal():
            fields["StopSignal"] = state.expand(instruction.value, escape).text
        case Maintainer():
            fields["Author"] = instruction.value
        case Onbuild():
            expression = (instruction.arguments.text, *(h.content for h in instruction.heredocs))
            triggers = _mapping(fields, "OnBuild")
            triggers[str(len(triggers))] = expression
        case _:
            return


def _argv(line: CommandLine, state: State) -> tuple[str, ...]:
    if line.exec is not None:
        return line.exec
    text = line.shell.text if line.shell else ""
    return (*(state.shell or ("/bin/sh", "-c")), text)


def _mapping(fields: dict[str, object], name: str) -> dict[str, object]:
    value = fields.setdefault(name, {})
    assert isinstance(value, dict)
    return value
