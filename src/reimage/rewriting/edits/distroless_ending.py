"""Whether a final stage can end on a distroless image, and the edits that make it.

Functions answer with a `str` where they can't: the reason.
"""

from __future__ import annotations

from reimage.dockerfile import Copy, From, Healthcheck, Instruction, Onbuild, Shell
from reimage.model import Facts, Stage
from reimage.model.applications.accounts import accounts
from reimage.model.applications.distroless import (
    Replacement,
    for_node,
    for_python,
    installs_only_what_is_there,
    lacking_library,
    lacking_program,
)
from reimage.model.applications.entry import Entry, entry
from reimage.model.applications.linked_libraries import linked
from reimage.model.applications.node_scripts import STARTERS, plain_script
from reimage.model.applications.references import Official, official
from reimage.model.applications.started_elsewhere import lacking
from reimage.model.context import ContextFacts
from reimage.model.copies.copied_files import destination
from reimage.rewriting.edits.distroless_stage import (
    carried_interpreter,
    checked_with,
    other_users,
    started_by_entrypoint,
)
from reimage.rewriting.edits.instruction_edits import remove_instruction
from reimage.text import Edit

_NODE = ("node", "nodejs", "/usr/local/bin/node")


def replacement(facts: Facts, stage: Stage) -> Replacement | str | None:
    """The image that can take the place of the stage's; None where the context has to tell."""
    found = _replacement(facts, stage)
    started = entry(stage)
    if not isinstance(found, Replacement) or isinstance(started, str):
        return found
    built = facts.context.built if facts.context else None
    problem = lacking_library(built, found)
    return problem or lacking(facts.context, stage, started, found.image, ()) or found


def _replacement(facts: Facts, stage: Stage) -> Replacement | str | None:
    base = official(stage.image or "", "python", "node")
    assert base is not None
    if any(_is_computed(each) for each in (stage, *stage.uses)):
        return "build arguments decide what it and its build stage start from"
    started = entry(stage)
    if isinstance(started, str):
        return started
    problem = _needs_a_shell(stage, started) or _checked_by_another_program(stage, base)
    if problem := problem or _needs_the_full_image(base, facts.context):
        return problem
    if base.name == "node":
        if started.program in STARTERS and facts.context is None:
            return None
        script = _script(facts, stage)
        if isinstance(script, str):
            return script
        if not script and started.program not in _NODE:
            return f"{started.program} is not in a distroless image"
        return for_node(base, _release(facts, stage))
    if facts.context is None:
        return None
    if problem := _starts_programs(facts.context):
        return problem
    used = {other for other in stage.uses if official(other.image or "", "python")}
    builder = used.pop() if len(used) == 1 else None
    known = _release(facts, stage)
    if builder and builder.from_.platform != stage.from_.platform:
        return "the build stage is for another platform, and so is its interpreter"
    if builder and not base.release and _release(facts, builder) != known:
        return "the build stage has another release of Debian"
    return for_python(base, builder, known)


def _needs_the_full_image(base: Official, context: ContextFacts | None) -> str | None:
    """What its packages use of a base that is not slim, which a distroless image has not."""
    if base.slim or context is None:
        return None
    needed = linked(base.name, context)
    if isinstance(needed, str):
        return needed
    loaded = {each.package for each in context.built.loaded} if context.built else set()
    needed = tuple(each for each in needed if each not in loaded)
    return f"what it installs needs {needed[0]}, which the full image has" if needed else None


def _release(facts: Facts, stage: Stage) -> str:
    system = facts.system(stage)
    return system.release if system and system.family == "debian" else ""


def _is_computed(stage: Stage) -> bool:
    image = stage.from_.image
    return image is not None and "$" in image.text


def _script(facts: Facts, stage: Stage) -> tuple[str, ...] | str:
    """What `npm start` or the like runs; nothing where something else is started."""
    started = entry(stage)
    if isinstance(started, str) or started.program not in STARTERS or facts.context is None:
        return ()
    if not any(_brings_the_manifest(each, stage) for each in stage.instructions):
        return f"it is not known which package.json {started.program} reads"
    return plain_script(started.words, facts.context)


def _brings_the_manifest(instruction: Instruction, stage: Stage) -> bool:
    """Whether a COPY puts the package.json of the context into the working directory."""
    if not isinstance(instruction, Copy) or instruction.flag("from"):
        return False
    names = {source.text.removeprefix("./") for source in instruction.sources}
    return destination(instruction, stage) == stage.end.workdir and bool(
        names & {"", ".", "package.json", "package*.json"}
    )


def _needs_a_shell(stage: Stage, started: Entry) -> str | None:
    for instruction in stage.instructions:
        if isinstance(instruction, Onbuild | Shell):
            return f"{instruction.keyword} speaks of a shell, and a distroless image has none"
        if instruction.flag("platform"):
            return "its platform is set apart"
    for run in stage.runs:
        if not installs_only_what_is_there(run) and accounts(run) is None:
            return "a RUN needs a shell, and a distroless image has none"
    if started.shell:
        return "a shell starts the program, and a distroless image has none: use the exec form"
    return lacking_program(started)


def _checked_by_another_program(stage: Stage, base: Official) -> str | None:
    programs = _NODE if base.name == "node" else ("python", "python3")
    for each in stage.instructions:
        if not isinstance(each, Healthcheck) or each.kind == "NONE":
            continue
        line = each.command_line
        if line is None or line.words is None:
            return "HEALTHCHECK asks for a shell, and a distroless image has none"
        if not line.words or line.words[0].text not in programs:
            return "HEALTHCHECK starts a program that a distroless image does not have"
    return None


def _starts_programs(context: ContextFacts) -> str | None:
    found = context.python.facts() if context.python else None
    if found is None:
        return "its sources can't be read"
    if found.through_shell:
        return f"{found.through_shell[0]} asks a shell to run something"
    if found.started:
        first = found.started[0]
        return f"{first.path}:{first.line} starts {first.program or 'a program'}"
    if found.unread:
        return f"{found.unread[0]} can't be read, so that it is not known what it starts"
    if found.opened_libraries:
        return f"{found.opened_libraries[0]} opens a library by name, which may not be there"
    return None


def onto(facts: Facts, stage: Stage, image: str) -> tuple[Edit, ...] | str:
    """The stage FROM the distroless image: without its RUNs, as a user that is there."""
    source = facts.dockerfile.source
    from_ = stage.from_
    assert isinstance(from_, From)
    assert from_.image is not None
    edits = [Edit(from_.image.span, image)]
    made = {"node", "www-data"}
    for run in stage.runs:
        removed = remove_instruction(run.run, source)
        if isinstance(removed, str):
            return removed
        edits.append(removed)
        made |= accounts(run) or frozenset()
    users = other_users(stage, made, "nonroot")
    return users if isinstance(users, str) else (*edits, *users)


def ending(facts: Facts, stage: Stage, found: Replacement) -> tuple[Edit, ...] | str:
    """The edits that end the stage on that image."""
    source = facts.dockerfile.source
    edits = onto(facts, stage, found.image)
    if isinstance(edits, str):
        return edits
    if found.carried_from:
        carried = carried_interpreter(facts, stage, found)
        return carried if isinstance(carried, str) else (*edits, *carried)
    script = _script(facts, stage)
    assert not isinstance(script, str)
    started = started_by_entrypoint(stage, source, script)
    if isinstance(started, str):
        return started
    return (*edits, *started, *checked_with(stage))
