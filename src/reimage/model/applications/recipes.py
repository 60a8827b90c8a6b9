"""The recipes of all ecosystems, and what is asked of every application."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reimage.dockerfile import Onbuild, Run, User
from reimage.model.applications.application import Application
from reimage.model.applications.c import c_application
from reimage.model.applications.entry import Entry, entry
from reimage.model.applications.go import go_application
from reimage.model.applications.installed import installed_application
from reimage.model.applications.java import java_application
from reimage.model.applications.node import node_application
from reimage.model.applications.python import python_application
from reimage.model.applications.ruby import ruby_application
from reimage.model.applications.rust import rust_application
from reimage.model.applications.site import site_application
from reimage.model.applications.steps import Step, steps
from reimage.model.context import ContextFacts
from reimage.model.stages import Stage

_Recipe = Callable[[Stage, Sequence[Step], Entry, ContextFacts], Application | str | None]
_RECIPES: tuple[_Recipe, ...] = (
    installed_application,
    site_application,
    python_application,
    node_application,
    go_application,
    java_application,
    rust_application,
    ruby_application,
    c_application,
)


def application(
    stage: Stage, context: ContextFacts, started: Entry | str | None = None
) -> Application | str | None:
    """What the stage's application runs with; a sentence where it can't be told; None where
    there is nothing to gain. `started` is what a later stage starts, else the stage's own entry."""
    if problem := _problem(stage):
        return problem
    found = steps(stage)
    if isinstance(found, str):
        return found
    started = entry(stage) if started is None else started
    if isinstance(started, str):
        return started
    results = (recipe(stage, found, started, context) for recipe in _RECIPES)
    return next((result for result in results if result is not None), None)


def told_by_the_text(stage: Stage) -> str | None:
    """Why the stage can't be split, whatever its build context holds."""
    if problem := _problem(stage):
        return problem
    for told in (steps(stage), entry(stage)):
        if isinstance(told, str):
            return told
    return None


def _problem(stage: Stage) -> str | None:
    image = stage.from_.image
    if image is None or image.text != stage.image:
        return f"build arguments decide what {image.text if image else 'FROM'} is"
    if stage.from_.platform and "$BUILD" in stage.from_.platform.replace("{", ""):
        return "it is for the platform of the builder, and what runs is for another"
    if "@" in image.text:
        return "the base is pinned to a digest, and that of its slim variant is not known"
    as_user = False
    for instruction in stage.instructions:
        if isinstance(instruction, Onbuild):
            return "ONBUILD is meant for the image that this one is the base of"
        if isinstance(instruction, User):
            as_user = instruction.value not in ("root", "0", "0:0", "root:root")
        elif as_user and isinstance(instruction, Run):
            return "a RUN is executed as another user, whose files a copy would give to root"
    return None
