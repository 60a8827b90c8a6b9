"""Go: one program is built, and runs on an image without anything else."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from reimage.model.applications.application import Addition, Application, Artifact
from reimage.model.applications.data_files import carried
from reimage.model.applications.distroless import PACKAGES_IN_EVERY_IMAGE
from reimage.model.applications.entry import Entry
from reimage.model.applications.go_programs import programs
from reimage.model.applications.parts import parts
from reimage.model.applications.plain_start import in_exec_form
from reimage.model.applications.references import official
from reimage.model.applications.steps import Kind, Step
from reimage.model.applications.system_packages import installed_packages, runtime_packages
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
    installed = installed_packages(steps)
    if isinstance(installed, str):
        return installed
    program = _started(started, made, stage)
    if program is None:
        return f"what it starts, {started.program}, is not what go build makes"
    found = parts(stage, steps, (*made, "/go/pkg"))
    if isinstance(found, str):
        return found
    data = carried(stage, context, program)
    if isinstance(data, str):
        return data
    packages = runtime_packages(installed, started.programs)
    if isinstance(packages, str):
        return packages
    switch = _switch_cgo_off(steps, context)
    if isinstance(switch, str):
        return switch
    packages = tuple(each for each in packages if each not in PACKAGES_IN_EVERY_IMAGE)
    plain = in_exec_form(stage) if started.shell else ()
    if plain is None or packages:
        image = f"debian:{base.release or 'bookworm'}-slim"
        packages = ("ca-certificates", "tzdata", *packages)
    else:
        image = "gcr.io/distroless/static-debian12"
    return Application(
        base=image,
        packages=packages,
        artifacts=(*data, Artifact(program)),
        added=switch,
        replaced=() if packages else plain or (),
        assumed=f"that the program reads no {'other ' if data else ''}files of its sources",
    )


def _started(started: Entry, programs: Sequence[str], stage: Stage) -> str | None:
    word = started.program
    if not word:
        return None
    folder = stage.end.workdir or "/"
    if "/" in word:
        path = posixpath.normpath(posixpath.join(folder, word))
        return path if path in programs else None
    on_path = ("/usr/local/bin", "/usr/bin", "/bin", "/go/bin", "/usr/local/sbin")
    return next(
        (p for p in programs if posixpath.basename(p) == word and posixpath.dirname(p) in on_path),
        None,
    )


def _switch_cgo_off(steps: Sequence[Step], context: ContextFacts) -> tuple[Addition, ...] | str:
    """What makes the program a static one, or why it can't be."""
    unclear = "it is built with cgo, and which C libraries it needs is not known"
    open_: Step | None = None
    for step in steps:
        if step.kind is not Kind.BUILD or step.command.name != "go":
            continue
        setting = _setting(step)
        if setting is None:
            open_ = open_ or step
        elif setting != "0":
            return unclear
    if open_ is None:
        return ()
    if _uses_c(context):
        return unclear
    return (Addition(open_.run.run, ("ENV CGO_ENABLED=0",)),)


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
