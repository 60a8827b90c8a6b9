"""Python: a virtual environment is built, and moves to the slim image of the same version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from types import MappingProxyType

from reimage.dockerfile import Copy, Instruction
from reimage.model.applications.application import Addition, Application, Artifact
from reimage.model.applications.entry import Entry
from reimage.model.applications.parts import parts
from reimage.model.applications.references import official
from reimage.model.applications.steps import Kind, Step
from reimage.model.applications.system_packages import (
    installed_packages,
    is_build_only,
    runtime_packages,
)
from reimage.model.context import ContextFacts
from reimage.model.manifests.python import read_project
from reimage.model.stages import Stage
from reimage.text import late

_VENV = "/opt/venv"
_ELSEWHERE = ("--user", "--target", "-t", "--prefix", "--root", "--system", "--python", "-e")
_OF_THE_BASE = late(r"/usr/local/bin/(?!python[\d.]*$)")
# Distributions without wheels for Linux, which link to libraries that only the full image has.
_LINKED = MappingProxyType(
    {
        "psycopg2": "libpq5",
        "mysqlclient": "libmariadb3",
        "python-ldap": "libldap-2.5-0",
        "pycurl": "libcurl4",
        "pycairo": "libcairo2",
        "pygraphviz": "libgraphviz-dev",
        "python-magic": "libmagic1",
        "uwsgi": "libxml2",
    }
)
_NAME = late(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)", re.MULTILINE)


def python_application(
    stage: Stage, steps: Sequence[Step], started: Entry, context: ContextFacts
) -> Application | str | None:
    """How a Python application runs on the slim image; None where that is no smaller."""
    base = official(stage.image or "", "python")
    if base is None or not base.debian:
        return None
    installed = installed_packages(steps)
    if isinstance(installed, str):
        return installed
    installs = [step for step in steps if step.kind is Kind.DEPENDENCIES]
    gains = not base.slim or any(is_build_only(each) for each in installed)
    if not installs or not gains:
        return None
    if problem := _problem(installs, steps, started):
        return problem
    found = parts(stage, steps, (_VENV,))
    if isinstance(found, str):
        return found
    linked = [_LINKED[name] for name in _asked_for(context) if name in _LINKED]
    packages = runtime_packages((*installed, *linked), started.programs)
    if isinstance(packages, str):
        return packages
    path = f'ENV PATH="{_VENV}/bin:$PATH"'
    first = _with_its_manifests(installs[0].run.run, stage)
    beginning = Addition(first, (f"RUN python -m venv {_VENV}", path))
    end = Addition(None, ("RUN pip uninstall --yes pip",))
    return Application(
        base=base.slim_sibling,
        packages=packages,
        dependencies=(Artifact(_VENV),),
        settings=(path,),
        sources=found.again,
        artifacts=found.artifacts,
        added=(beginning, end),
        assumed="that no package needs a program or library which only the full image has",
    )


def _with_its_manifests(install: Instruction, stage: Stage) -> Instruction:
    """The first of the COPYs that stand directly before the install: they change more often."""
    at = stage.position(install)
    while at > 0 and isinstance(stage.instructions[at - 1], Copy):
        at -= 1
    return stage.instructions[at]


def _problem(installs: Sequence[Step], steps: Sequence[Step], started: Entry) -> str | None:
    for step in installs:
        operation = step.operation
        assert operation is not None
        if operation.manager.name != "pip":
            return f"{operation.manager.name} decides by itself where it installs to"
        if option := next((each for each in _ELSEWHERE if operation.has(each)), None):
            return f"pip install {option} puts packages into a place of their own"
    for step in steps:
        if step.kind is Kind.BUILD and "venv" in step.command.values:
            return "it makes a virtual environment of its own"
    for word in started.words:
        if word and _OF_THE_BASE.match(word):
            return f"{word} is named by its path, and moves to {_VENV}/bin"
    if "pip" in started.programs:
        return "pip is part of what it runs"
    return None


def _asked_for(context: ContextFacts) -> Iterator[str]:
    """The distributions that manifests name, as far as they can be read."""
    for path, text in context.texts.items():
        if path.endswith(".txt"):
            names = [match[1] for match in _NAME.finditer(text)]
        elif path.endswith("pyproject.toml"):
            project = read_project(text)
            names = [
                match[1]
                for each in (project.dependencies if project else ())
                if (match := _NAME.match(each))
            ]
        else:
            continue
        yield from (re.sub(r"[-_.]+", "-", name).lower() for name in names)
