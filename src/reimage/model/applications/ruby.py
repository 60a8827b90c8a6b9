"""Ruby: gems of the distribution, or those that bundler installs; both move to the slim image.

There is no distroless image with Ruby.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import MappingProxyType

from reimage.model.applications.application import Application, Artifact
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
from reimage.model.stages import Stage
from reimage.text import late

_GEMS = "/usr/local/bundle"
_RUBY = frozenset(("ruby", "ruby-full"))
_LINKED = MappingProxyType(
    {"pg": "libpq5", "mysql2": "libmariadb3", "ruby-vips": "libvips42", "rmagick": ""}
)
"""Gems that link to a library which only the full image has; empty where it depends on more."""
_GEM = late(r"^ {4}([\w.-]+) \(|^\s*gem\s+['\"]([\w.-]+)", re.MULTILINE)


def ruby_application(
    stage: Stage, steps: Sequence[Step], started: Entry, context: ContextFacts
) -> Application | str | None:
    """How a Ruby application runs on the slim image; None where that is no smaller."""
    base = official(stage.image or "", "ruby", "debian")
    installed = installed_packages(steps)
    if base is None or not base.debian:
        return None
    if isinstance(installed, str):
        return installed
    of_debian = base.name == "debian"
    if of_debian and not _RUBY & set(installed):
        return None
    bundled = [step for step in steps if step.kind is Kind.DEPENDENCIES]
    gains = not base.slim or any(is_build_only(each) for each in installed)
    if not gains or (not of_debian and not bundled):
        return None
    if problem := _problem(bundled, of_debian):
        return problem
    linked = [] if of_debian else [_LINKED[gem] for gem in _gems(context) if gem in _LINKED]
    if "" in linked:
        return "rmagick needs a library whose packages differ from release to release"
    named = ["ruby" if each == "ruby-full" else each for each in (*installed, *linked)]
    packages = runtime_packages(named, started.programs)
    if isinstance(packages, str):
        return packages
    found = parts(stage, steps, (_GEMS,))
    if isinstance(found, str):
        return found
    folder = stage.end.workdir
    locked = "Gemfile.lock" in context.files or not bundled
    if not locked and folder in (None, "/"):
        return "it is not known in which directory the application is"
    return Application(
        base=base.slim_sibling,
        packages=packages,
        dependencies=() if of_debian else (Artifact(_GEMS),),
        sources=found.again if locked else (),
        # bundler writes Gemfile.lock where there was none.
        artifacts=found.artifacts if locked else (Artifact(folder or "/"), *found.artifacts),
        assumed="that no gem needs a program or library which only the full image has",
    )


def _problem(bundled: Sequence[Step], of_debian: bool) -> str | None:
    for step in bundled:
        operation = step.operation
        assert operation is not None
        if step.command.name not in ("bundle", "bundler"):
            return f"where {step.command.name} puts packages is not known"
        if of_debian and not operation.has("--local"):
            return "where bundler of the distribution puts gems is not known"
        if operation.has("--path", "--deployment", "--standalone", "--system"):
            return "bundler puts gems in a place of their own"
    return None


def _gems(context: ContextFacts) -> list[str]:
    text = context.texts.get("Gemfile.lock") or context.texts.get("Gemfile", "")
    return [match[1] or match[2] for match in _GEM.finditer(text)]
