"""Go: one program is built, and runs on an image without anything else."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import NamedTuple

from reimage.model.applications.application import Addition, Application, Artifact
from reimage.model.applications.data_files import carried
from reimage.model.applications.distroless import PACKAGES_IN_EVERY_IMAGE
from reimage.model.applications.entry import Entry
from reimage.model.applications.go_programs import programs
from reimage.model.applications.go_symbols import without_symbols
from reimage.model.applications.parts import Parts, is_left_behind, parts
from reimage.model.applications.references import official
from reimage.model.applications.shared_libraries import LIBRARIES, gathered, image_for
from reimage.model.applications.steps import Kind, Step, written
from reimage.model.applications.system_packages import installed_packages, runtime_packages
from reimage.model.applications.without_shell import without_shell
from reimage.model.context import ContextFacts
from reimage.model.paths import is_at_or_above
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
    cgo = _cgo(steps, context)
    if isinstance(cgo, str):
        return cgo
    packages = runtime_packages(installed, started.programs)
    if isinstance(packages, str):
        return packages
    found_again = _linked(installed) if cgo.on else frozenset[str]()
    packages = tuple(
        each
        for each in packages
        if each not in PACKAGES_IN_EVERY_IMAGE | found_again
        and each not in (step.command.name for step in steps)
    )
    plain = without_shell(stage, steps, started)
    bare = image_for(base) if cgo.on else "gcr.io/distroless/static-debian12"
    slim = plain is None or bool(packages) or bare is None
    image = f"debian:{base.release or 'bookworm'}-slim" if slim or bare is None else bare
    if slim and cgo.on and not base.release:
        return f"which release of Debian {stage.image} is made from decides about its C library"
    if slim:
        packages = ("ca-certificates", "tzdata", *sorted(found_again), *packages)
    linked = cgo.on and not slim
    return Application(
        base=image,
        packages=packages,
        dependencies=(LIBRARIES,) if linked else (),
        artifacts=(*_made_beside(program, found, steps), *data),
        program=Artifact(program),
        added=(*cgo.switch, *((gathered((program,)),) if linked else ())),
        replaced=() if slim else plain or (),
        edited=without_symbols(steps),
        assumed=f"that the program reads no {'other ' if data else ''}files of its sources",
    )


def _made_beside(program: str, found: Parts, steps: Sequence[Step]) -> tuple[Artifact, ...]:
    """Files and directories that other commands than the compiler make and that stay."""
    owners = {each.path: each.owner for each in found.artifacts}
    places = written([step for step in steps if step.kind is not Kind.BUILD])
    paths = dict.fromkeys(place.path for place in places)
    return tuple(
        Artifact(path, owners.get(path))
        for path in paths
        if not is_at_or_above(path, program) and not is_left_behind(path)
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


class _Cgo(NamedTuple):
    """Whether C libraries may be linked in, and the lines that say that they are not."""

    on: bool
    switch: tuple[Addition, ...] = ()


def _cgo(steps: Sequence[Step], context: ContextFacts) -> _Cgo | str:
    open_: Step | None = None
    for step in steps:
        if step.kind is not Kind.BUILD or step.command.name != "go":
            continue
        setting = _setting(step)
        if setting not in (None, "0", "1"):
            return "whether it is built with cgo is decided elsewhere"
        if setting == "1":
            return _Cgo(True)
        if setting is None:
            open_ = open_ or step
    if open_ is None:
        return _Cgo(False)
    if _uses_c(context):
        return _Cgo(True)
    return _Cgo(False, (Addition(open_.run.run, ("ENV CGO_ENABLED=0",)),))


def _linked(installed: Sequence[str]) -> frozenset[str]:
    """The packages of libraries that come with the program, as its loader finds them."""
    found = runtime_packages([each for each in installed if each.endswith("-dev")], ())
    return frozenset(() if isinstance(found, str) else found)


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
