"""Rust: cargo builds a program, which runs with the C library and what else it is linked to."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from reimage.model.applications.application import Application
from reimage.model.applications.data_files import carried
from reimage.model.applications.entry import Entry
from reimage.model.applications.parts import made_beside, parts
from reimage.model.applications.programs import moved_by, on_every_path, started_program
from reimage.model.applications.references import official
from reimage.model.applications.shared_libraries import gathered, ground
from reimage.model.applications.steps import Step
from reimage.model.context import ContextFacts
from reimage.model.stages import Stage

_INSTALLED = "/usr/local/cargo/bin"


def rust_application(
    stage: Stage, steps: Sequence[Step], started: Entry, context: ContextFacts
) -> Application | str | None:
    """How a Rust program runs without the toolchain; None where nothing is built."""
    base = official(stage.image or "", "rust")
    if base is None:
        return None
    if started.program and posixpath.basename(started.program) == "cargo":
        return "cargo itself starts the application, and builds it each time"
    if "alpine" in base.variant:
        return "programs of an image of Alpine are linked to another C library"
    folders = [folder for step in steps for folder in _made_in(step)]
    if not folders:
        return None
    program = started_program(started, stage, _INSTALLED)
    source = moved_by(steps, program) if program else None
    if program is None or source is None or posixpath.dirname(source) not in folders:
        return f"what it starts, {started.program}, is not what cargo builds"
    found = parts(stage, steps, (program, *folders))
    if isinstance(found, str):
        return found
    data = carried(stage, context, program, ("src/", "target/"))
    if isinstance(data, str):
        return data
    static = "-musl" in source
    under = ground(stage, steps, started, base, context, static=static)
    if isinstance(under, str):
        return under
    return Application(
        base=under.image,
        packages=under.packages,
        dependencies=under.libraries,
        artifacts=(*made_beside(program, found, steps), *data),
        program=on_every_path(program, started),
        added=(gathered(program),) if under.libraries else (),
        replaced=under.replaced,
        assumed=f"that the program reads no {'other ' if data else ''}files of its sources",
    )


def _made_in(step: Step) -> tuple[str, ...]:
    """The directory that cargo puts programs in; none where it makes none for shipping."""
    values = step.command.values
    if step.command.name != "cargo" or len(values) < 2 or None in values:
        return ()
    if values[1] == "install":
        return (_INSTALLED,) if "--path" in values else ()
    if values[1] not in ("build", "b") or not {"--release", "-r"} & set(values):
        return ()
    target = step.run.state.env.get("CARGO_TARGET_DIR", "target")
    at = values.index("--target") + 1 if "--target" in values else len(values)
    triple = values[at] if at < len(values) else ""
    workdir = step.run.state.workdir or "/"
    return (posixpath.normpath(posixpath.join(workdir, target, triple or "", "release")),)
