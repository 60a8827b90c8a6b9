"""Go: one program is built, and runs on an image without anything else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from reimage.model.applications.application import Addition, Application
from reimage.model.applications.data_files import carried
from reimage.model.applications.entry import Entry
from reimage.model.applications.go_programs import programs
from reimage.model.applications.go_symbols import without_symbols
from reimage.model.applications.parts import made_beside, parts
from reimage.model.applications.programs import moved_by, on_every_path, started_program
from reimage.model.applications.references import official
from reimage.model.applications.shared_libraries import gathered, ground
from reimage.model.applications.steps import Kind, Step
from reimage.model.context import ContextFacts
from reimage.model.stages import Stage

_NEEDS_C = (
    "github.com/mattn/go-sqlite3", "github.com/confluentinc/confluent-kafka-go",
    "github.com/mutecomm/go-sqlcipher", "github.com/marcboeker/go-duckdb", "gocv.io/x/gocv",
    "github.com/rwcarlsen/goexif", "github.com/libgit2/git2go", "github.com/linxGnu/grocksdb",
    "github.com/tecbot/gorocksdb", "github.com/godror/godror", "github.com/pebbe/zmq4",
)  # fmt: skip


def go_application(
    stage: Stage, steps: Sequence[Step], started: Entry, context: ContextFacts
) -> Application | str | None:
    """How a Go program runs without the toolchain; None where nothing is built."""
    base = official(stage.image or "", "golang")
    if base is None:
        return None
    made = [program for run in stage.runs for program in programs(run, stage, context)]
    if started.program and started.program.rpartition("/")[2] == "go":
        return "the go command itself starts the application, and builds it each time"
    if not made:
        return None
    program = _started(started, made, steps, stage)
    if program is None:
        return f"what it starts, {started.program}, is not what go build makes"
    found = parts(stage, steps, (*made, "/go/pkg"))
    if isinstance(found, str):
        return found
    data = carried(stage, context, program)
    if isinstance(data, str):
        return data
    linking = cgo(steps, context)
    if isinstance(linking, str):
        return linking
    under = ground(stage, steps, started, base, context, static=not linking.on)
    if isinstance(under, str):
        return under
    libraries = (gathered(program),) if under.libraries else ()
    return Application(
        base=under.image,
        packages=under.packages,
        dependencies=under.libraries,
        artifacts=(*made_beside(program, found, steps), *data),
        program=on_every_path(program, started),
        added=(*linking.switch, *libraries),
        replaced=under.replaced,
        edited=without_symbols(steps),
        assumed=f"that the program reads no {'other ' if data else ''}files of its sources",
    )


def _started(
    started: Entry, programs: Sequence[str], steps: Sequence[Step], stage: Stage
) -> str | None:
    found = started_program(started, stage)
    candidates = [found] if found else []
    if found and "/" not in (started.program or ""):
        candidates += [f"{folder}/{started.program}" for folder in ("/go/bin", "/usr/bin", "/bin")]
    return next((path for path in candidates if moved_by(steps, path) in programs), None)


class Cgo(NamedTuple):
    """Whether C libraries may be linked in, and the lines that say that they are not."""

    on: bool
    switch: tuple[Addition, ...] = ()


def cgo(steps: Sequence[Step], context: ContextFacts) -> Cgo | str:
    """How the programs are linked that the steps build."""
    open_: Step | None = None
    for step in steps:
        if step.kind is not Kind.BUILD or step.command.name != "go":
            continue
        setting = _setting(step)
        if setting not in (None, "0", "1"):
            return "whether it is built with cgo is decided elsewhere"
        if setting == "1":
            return Cgo(True)
        if setting is None:
            open_ = open_ or step
    if open_ is None:
        return Cgo(False)
    if _uses_c(context):
        return Cgo(True)
    return Cgo(False, (Addition(open_.run.run, ("ENV CGO_ENABLED=0",)),))


def _setting(step: Step) -> str | None:
    """What CGO_ENABLED is for the command: its own, one that is exported before, or ENV's."""
    for command in reversed(step.run.commands):
        if command.span.start > step.command.span.start:
            continue
        for word in (*command.assignments, *command.arguments):
            name, equals, value = word.text.partition("=")
            if name == "CGO_ENABLED" and equals:
                return value
    return step.run.state.env.get("CGO_ENABLED")


def _uses_c(context: ContextFacts) -> bool:
    texts = (text for path, text in context.texts.items() if path.endswith(("go.mod", "go.sum")))
    return any(module in text for text in texts for module in _NEEDS_C) or any(
        path.endswith((".c", ".cc", ".cpp", ".h", ".a", ".so")) for path in context.files
    )
