"""Where the packages of a Python application are, so that one directory can be copied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from reimage.dockerfile import Copy, Instruction
from reimage.model.applications.application import Addition
from reimage.model.applications.steps import Kind, Step
from reimage.model.stages import Stage
from reimage.text import late

VENV = "/opt/venv"
_TOOLS = frozenset(
    "pip setuptools wheel virtualenv poetry pipenv uv pdm hatch build pip-tools".split()
)
_ELSEWHERE = ("--user", "--target", "-t", "--prefix", "--root", "--system", "--python")
_LEAVING = ("--no-install-project", "--no-install-workspace", "--no-install-local")
_INSTALLERS = late(r"\b(?:pip|pipenv|poetry|uv)(?![a-z])")
_INTO_THE_ACTIVE_ONE = frozenset(("poetry", "pipenv"))


class Environment(NamedTuple):
    """A virtual environment at `path`. `added` makes it and `settings` (instructions) switch it on,
    both empty where the file does so itself. `tools` are the managers outside of it."""

    path: str
    added: tuple[Addition, ...] = ()
    settings: tuple[str, ...] = ()
    tools: frozenset[str] = frozenset()


def environment(stage: Stage, steps: Sequence[Step]) -> Environment | str | None:
    """The environment that the project's packages go to; None where none are installed."""
    project = [step for step in steps if step.kind is Kind.DEPENDENCIES and not is_tool(step)]
    if not project:
        return None
    tools = frozenset(_tools(steps))
    if own := _own(steps):
        if not all(_goes_into(own, step) for step in project):
            return "it makes a virtual environment, and not all packages are installed into it"
        return _switched_on(own, stage, tools)
    managers = {step.operation.manager.name for step in project if step.operation}
    if managers == {"uv"} and all(_is_sync(step) for step in project):
        folder = project[-1].run.state.workdir
        named = project[-1].run.state.env.get("UV_PROJECT_ENVIRONMENT")
        if not folder or (named and not named.startswith("/")):
            return "it is not known where uv makes the environment"
        path = named or f"{folder.rstrip('/')}/.venv"
        found = _switched_on(path, stage, tools)
        is_whole = any(step.operation and not step.operation.has(*_LEAVING) for step in project)
        return found._replace(added=(_without_times(path),)) if is_whole else found
    for step in project:
        if problem := _problem(step):
            return problem
    is_named = bool(managers & _INTO_THE_ACTIVE_ONE)
    last = [run.run for run in stage.runs if _INSTALLERS.search(run.run.logical.text)][-1]
    return _made_anew(project[0].run.run, last, stage, is_named, tools)


def _without_times(path: str) -> Addition:
    """What uv keeps of the project's folder differs each time, and so would the layer."""
    lines = (
        "# When the project was installed, which would make another layer of it each time",
        f"RUN cd {path}/lib/python*/site-packages \\",
        "    && sed -i '/uv_cache[.]json/d' *.dist-info/RECORD \\",
        "    && rm -f *.dist-info/uv_cache.json",
    )
    return Addition(None, lines)


def _made_anew(
    install: Instruction, last: Instruction, stage: Stage, is_named: bool, tools: frozenset[str]
) -> Environment:
    path = f'PATH="{VENV}/bin:$PATH"'
    switch = f"ENV VIRTUAL_ENV={VENV} {path}" if is_named else f"ENV {path}"
    lines = (f"RUN python -m venv {VENV}", switch)
    beginning = Addition(_with_its_manifests(install, stage), lines)
    at = stage.position(last) + 1
    following = stage.instructions[at] if at < len(stage.instructions) else None
    # As early as can be: what comes before the sources need not be done again for an edit.
    end = Addition(following, ("RUN pip uninstall --yes pip",), closely=True)
    return Environment(VENV, (beginning, end), (f"ENV {path}",), tools)


def _switched_on(path: str, stage: Stage, tools: frozenset[str]) -> Environment:
    """An environment that the file makes; the final stage gets its PATH unless ENV says so."""
    has_path = f"{path}/bin" in stage.end.env.get("PATH", "")
    return Environment(path, (), () if has_path else (f'ENV PATH="{path}/bin:$PATH"',), tools)


def _with_its_manifests(install: Instruction, stage: Stage) -> Instruction:
    """The first of the COPYs that stand directly before the install: they change more often."""
    at = stage.position(install)
    while at > 0 and isinstance(stage.instructions[at - 1], Copy):
        at -= 1
    return stage.instructions[at]


def is_tool(step: Step) -> bool:
    """Whether only package managers and what they build with are installed."""
    operation = step.operation
    if operation is None or operation.manager.name != "pip" or operation.has("-r", "--requirement"):
        return False
    names = [(word.value or "").partition("=")[0].partition("[")[0] for word in operation.packages]
    return bool(names) and all(
        name in _TOOLS or name.startswith("poetry-plugin-") for name in names
    )


def _tools(steps: Sequence[Step]) -> list[str]:
    return [
        (word.value or "").partition("=")[0]
        for step in steps
        if step.kind is Kind.DEPENDENCIES and is_tool(step) and step.operation
        for word in step.operation.packages
    ]


def _own(steps: Sequence[Step]) -> str | None:
    """The virtual environment that a RUN makes, by its absolute path."""
    for step in steps:
        values = step.command.values
        made = values[1:3] == ("-m", "venv") or step.command.name == "virtualenv"
        if made and values[-1] and values[-1].startswith("/"):
            return values[-1]
    return None


def _goes_into(path: str, step: Step) -> bool:
    """Whether the install is switched to the environment: by PATH, by name or by activating it."""
    program = step.command.words[0].value or ""
    on_path = step.run.state.env.get("PATH", "").startswith(f"{path}/bin:")
    activated = any(
        command.name in (".", "source") and f"{path}/bin/activate" in command.values
        for command in step.run.commands
    )
    return program.startswith(f"{path}/bin/") or on_path or activated


def _is_sync(step: Step) -> bool:
    return step.operation is not None and [w.value for w in step.operation.verb_words] == ["sync"]


def _problem(step: Step) -> str | None:
    operation = step.operation
    assert operation is not None
    name = operation.manager.name
    if name not in ("pip", "pipenv", "poetry", "uv"):
        return f"{name} decides by itself where it installs to"
    if name == "pipenv":
        return None if operation.has("--system") else "pipenv keeps the environment in a cache"
    if name == "poetry":
        return None
    if option := next((each for each in _ELSEWHERE if operation.has(each)), None):
        return f"pip install {option} puts packages into a place of their own"
    return None
