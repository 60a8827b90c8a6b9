"""Python: a virtual environment is built, and moves to the slim image of the same version."""

from __future__ import annotations

from collections.abc import Sequence

from reimage.dockerfile import Add, Copy
from reimage.model.applications.application import (
    ASSUMED,
    ASSUMED_OF_A_BUILT_IMAGE,
    Application,
    Artifact,
)
from reimage.model.applications.entry import Entry
from reimage.model.applications.linked_libraries import linked
from reimage.model.applications.parts import parts
from reimage.model.applications.python_environment import Environment, environment
from reimage.model.applications.references import official
from reimage.model.applications.runners import without_runner
from reimage.model.applications.steps import Step
from reimage.model.applications.system_packages import (
    installed_packages,
    is_build_only,
    runtime_packages,
)
from reimage.model.context import ContextFacts
from reimage.model.stages import Stage
from reimage.text import late

_OF_THE_BASE = late(r"/usr/local/bin/(?!python[\d.]*$)")
_INSTALLED_FROM = late(
    r"(?:requirements|constraints)[\w.*-]*\.txt|Pipfile(?:\.lock|\*)?|(?:poetry|uv|pdm)\.lock"
)
"""What only the install reads."""
_IN_THE_SLIM_IMAGE = frozenset(
    """
    ca-certificates libbz2-1.0 libexpat1 libffi8 liblzma5 libncursesw6 libreadline8 libsqlite3-0
    libssl3 libuuid1 netbase tzdata zlib1g
    """.split()
)


def python_application(
    stage: Stage, steps: Sequence[Step], started: Entry, context: ContextFacts
) -> Application | str | None:
    """How a Python application runs on the slim image; None where nothing is installed for it."""
    base = official(stage.image or "", "python")
    if base is None or not base.debian:
        return None
    installed = installed_packages(steps)
    if isinstance(installed, str):
        return installed
    place = environment(stage, steps)
    gains = not base.slim or any(is_build_only(each) for each in installed)
    if place is None:
        return None
    found = _moved(stage, steps, started, context, place)
    if isinstance(found, str):
        return found if gains else None
    needed = linked("python", context)
    if isinstance(needed, str):
        return needed if gains else None
    packages = runtime_packages(
        (*installed, *needed), started.programs, _IN_THE_SLIM_IMAGE, context.built
    )
    if isinstance(packages, str):
        return packages if gains else None
    return found._replace(base=base.slim_sibling, packages=packages, is_smaller=gains)


def _moved(
    stage: Stage,
    steps: Sequence[Step],
    started: Entry,
    context: ContextFacts,
    place: Environment | str,
) -> Application | str:
    """How the environment gets to an image of which nothing is known yet."""
    if isinstance(place, str):
        return place
    command = without_runner(stage, place.tools)
    if isinstance(command, str):
        return command
    if problem := _problem(stage, started, place, context):
        return problem
    found = parts(stage, steps, (place.path,))
    if isinstance(found, str):
        return found
    return Application(
        base="",
        dependencies=(Artifact(place.path),),
        settings=place.settings,
        sources=tuple(copy for copy in found.again if not _only_tells_what_to_install(copy)),
        artifacts=found.artifacts,
        added=place.added,
        replaced=command,
        assumed=ASSUMED_OF_A_BUILT_IMAGE if context.built else ASSUMED,
    )


def _only_tells_what_to_install(copy: Copy | Add) -> bool:
    names = [source.text.rpartition("/")[2] for source in copy.sources]
    return bool(names) and all(_INSTALLED_FROM.fullmatch(name) for name in names)


def _problem(stage: Stage, started: Entry, place: Environment, context: ContextFacts) -> str | None:
    for word in started.words:
        if word and _OF_THE_BASE.match(word):
            return f"{word} is named by its path, and moves to {place.path}/bin"
    if any(name == "pip" for name in started.programs):
        return "pip is part of what it runs"
    folder = stage.end.workdir or "/"
    if place.path.startswith(f"{folder}/"):
        inside = place.path[len(folder) + 1 :]
        if inside in context.directories:
            return f"{inside} is in the build context, and would take the place of what is made"
    return None
