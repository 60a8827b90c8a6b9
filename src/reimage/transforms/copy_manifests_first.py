"""An install that comes after the sources is done again for every edit of them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from reimage.dockerfile import Add, Copy, Instruction, Run
from reimage.model import ContextFacts, Facts, RunFacts, Stage
from reimage.model.copies.context_copies import FolderCopy, folder_copy, is_below, source_of
from reimage.model.installs.install_order import InstallBehindSources, install_behind_sources
from reimage.model.manifests.needs import InstallNeeds, needs
from reimage.rewriting import Claim, Evidence, Finding, Refusal, Rewrite, Skipped, transformation
from reimage.rewriting.edits.instruction_moves import move_behind, move_between, newline_of
from reimage.text import Edit, Span, late

_PROGRAMS = late(
    r"(?:pip[\d.]*|uv|npm|yarn|pnpm|bun|bundler?|composer(?:\.phar)?|go|poetry|pipenv|cargo|mvnw?"
    r"|mvnd|dotnet)(?![\w.-])"
)
_PRUNING = (("npm", "prune"), ("pnpm", "prune"), ("pip", "uninstall"))
_LIBRARY = "/usr/local/lib/python"
_PLAIN = late(r"[\w./@+-]+")
_PLAIN_TARGET = late(r"[\w./@+${}:-]+")
_MOST_LINES = 8


@transformation(claim=Claim.SAME_BEHAVIOUR)
def copy_manifests_first(facts: Facts) -> Iterator[Finding]:
    """Copy dependency manifests and install before copying the sources.

    A step is [built again when anything it is built
    on](https://docs.docker.com/build/cache/optimize/#order-your-layers) has changed. Behind a COPY
    of all sources an install runs after every edit of any file, and its layer is stored and sent
    once more. Copied on their own, manifests and lock files change only with the dependencies.

    The image holds the same files. What an install reads is taken from the build context, after the
    ignore file: included requirement files, manifests of workspaces, settings such as `.npmrc`. A
    RUN that also builds is split. uv and Poetry, which install the project as well, first install
    [what it depends on](https://docs.astral.sh/uv/guides/integration/docker/#intermediate-layers)
    without it. It stays away where the install needs the sources (editable and
    local packages, scripts in package.json, Prisma's client, plug-ins), where the context has a
    directory such as node_modules that would replace the installed one, and where other commands
    in between may use the sources.
    """
    for stage in facts.stages:
        runs = [run for run in stage.runs if _PROGRAMS.search(run.run.logical.text)]
        if runs and any(folder_copy(each, stage, facts.context) for each in stage.instructions):
            for run in runs:
                yield from _look_at(run, stage, facts)


def _look_at(run: RunFacts, stage: Stage, facts: Facts) -> Iterator[Finding]:
    found = install_behind_sources(run, stage, facts.context)
    if found is None:
        return
    context = facts.context if facts.context and not facts.context.truncated else None
    wanted = _wanted(found, context) if context else InstallNeeds()
    reason = found.obstacle or wanted.problem
    if context and not reason and not _has_sources(found.copy, context):
        return
    if context and not reason:
        reason = _bad_files(wanted.files, found.copy, context)
    if context and reason:
        from reimage.model.installs.without_project import is_second_step

        if is_second_step(found, run, stage):
            return
        if apart := _apart(found, run, stage, facts, context):
            yield apart
            return
    edits = reason or (_edits(wanted.files, found, run, stage, facts) if context else ())
    if isinstance(edits, str):
        yield Refusal(f"{_name(found)} stays behind the sources: {edits}", run.run.span)
    elif context is None:
        yield Skipped("context", run.run.span)
    else:
        message = _message(found, wanted.files)
        yield Rewrite(message, run.run.span, edits, evidence=Evidence.FACTS)


def _apart(
    found: InstallBehindSources,
    run: RunFacts,
    stage: Stage,
    facts: Facts,
    context: ContextFacts,
) -> Rewrite | None:
    """The dependencies in a step of their own, where the install also takes the project."""
    if not _has_sources(found.copy, context):
        return None
    from reimage.model.installs.without_project import without_project

    step = without_project(found, run, stage, context)
    if step is None or _bad_files(step.files, found.copy, context):
        return None
    copy, source = found.copy, facts.dockerfile.source
    rest = [path for path in step.files if not _is_there(path, copy, stage, context)]
    newline = newline_of(copy.instruction, source)
    lines = (*_copies(rest, copy, source, context), step.text)
    start = copy.instruction.full_span.start
    inserted = Edit(Span(start, start), "".join(line + newline for line in lines))
    # The RUN is written twice: it waits for those that change it.
    unchanged = Edit(run.run.span, run.run.span.of(source))
    message = _message(found, step.files) + "; what it builds of them comes after"
    return Rewrite(message, run.run.span, (inserted, unchanged), evidence=Evidence.FACTS)


def _wanted(found: InstallBehindSources, context: ContextFacts) -> InstallNeeds:
    # Knows the manifests of all languages, which only a known context lets it read.
    from reimage.model.installs.install_files import files_needed

    all_needs = [files_needed(each, context, found.copy.in_context) for each in found.installs]
    problem = next((each.problem for each in all_needs if each.problem), None)
    return needs((path for each in all_needs for path in each.files), problem)


def _has_sources(copy: FolderCopy, context: ContextFacts) -> bool:
    """Whether the folder holds more than manifests, which is what makes it change often."""
    return any(
        path not in context.texts and "ockerfile" not in path and is_below(path, copy.folder)
        for path in context.files
    )


def _bad_files(paths: Sequence[str], copy: FolderCopy, context: ContextFacts) -> str | None:
    for path in paths:
        if path not in context.files and path not in context.directories:
            return f"{path} is not in the build context"
        if not is_below(path, copy.folder) or not _PLAIN.fullmatch(path):
            return f"{path} can't be copied on its own"
    folders = {posixpath.dirname(path) for path in paths}
    if len(folders) > _MOST_LINES:
        return f"its manifests are spread over {len(folders)} directories"
    if not _PLAIN_TARGET.fullmatch(copy.instruction.operands[-1].text):
        return "the destination is not a plain path"
    return None


def _edits(
    paths: Sequence[str], found: InstallBehindSources, run: RunFacts, stage: Stage, facts: Facts
) -> tuple[Edit, ...] | str:
    context, source = facts.context, facts.dockerfile.source
    assert context is not None
    copy = found.copy
    rest = [path for path in paths if not _is_there(path, copy, stage, context)]
    newline = newline_of(copy.instruction, source)
    lines = "".join(line + newline for line in _copies(rest, copy, source, context))
    if found.tail is None:
        last = _with_pruning(run, stage)
        if _is_in_vain(copy, last, stage, facts):
            return (Edit(copy.instruction.full_span, lines),)
        return move_behind(copy.instruction, last, source, lines)
    joint = run.span(Span(found.last.statement.span.end, found.tail.statement.span.start))
    return move_between(copy.instruction, run.run, joint, source, lines)


def _is_in_vain(copy: FolderCopy, last: Instruction, stage: Stage, facts: Facts) -> bool:
    """Whether nothing would use the sources behind `last`: in a stage of which others only copy
    what was installed."""
    has_comment = copy.instruction.full_span.start != copy.instruction.span.start
    rest = stage.instructions[stage.position(last) + 1 :]
    if stage.ships or has_comment or any(isinstance(each, Run | Copy | Add) for each in rest):
        return False
    for other in facts.stages:
        if stage is other.base:
            return False
        if stage in other.uses and not all(
            _is_installed(each, copy) for each in other.instructions if _takes_from(each, stage)
        ):
            return False
    return True


def _takes_from(instruction: Instruction, stage: Stage) -> bool:
    names = (stage.name, str(stage.index))
    if isinstance(instruction, Copy):
        return (instruction.from_ or "").lower() in names
    return isinstance(instruction, Run) and any(each.get("from") for each in instruction.mounts)


def _is_installed(instruction: Instruction, copy: FolderCopy) -> bool:
    """Whether only what no COPY brings is taken: modules, or what lies elsewhere."""
    if not isinstance(instruction, Copy):
        return False
    paths = [posixpath.normpath("/" + word.text.lstrip("/")) for word in instruction.sources]
    return all(
        path.endswith("/node_modules")
        or not (path == copy.target or is_below(path, copy.target) or is_below(copy.target, path))
        for path in paths
    )


def _with_pruning(run: RunFacts, stage: Stage) -> Instruction:
    """The last of the RUNs from `run` on that only remove packages which it installed."""
    last: Instruction = run.run
    for other in stage.runs:
        is_next = stage.position(other.run) == stage.position(last) + 1
        if is_next and _only_prunes(other):
            last = other.run
    return last


def _only_prunes(run: RunFacts) -> bool:
    values = [each.values for each in run.commands]
    if values and values[0][0] == "cd" and (values[0][-1] or "").startswith(_LIBRARY):
        return all(each[0] == "rm" for each in values[1:])
    return bool(values) and all(each[:2] in _PRUNING for each in values)


def _is_there(path: str, copy: FolderCopy, stage: Stage, context: ContextFacts) -> bool:
    """Whether an earlier COPY brings the file already."""
    inner = path[len(copy.folder) :].lstrip("/")
    place = posixpath.join(copy.target, inner)
    return source_of(place, stage, copy.instruction, context) == path


def _copies(
    paths: Sequence[str], copy: FolderCopy, source: str, context: ContextFacts
) -> Iterator[str]:
    """The COPY lines for the manifests, one for each folder, in the words of the original one."""
    written = copy.instruction.operands[-1].text
    base = "./" if written in (".", "./") else written.rstrip("/") + "/"
    keyword = "copy" if copy.instruction.keyword_span.of(source).islower() else "COPY"
    head = " ".join((keyword, *(flag.span.of(source) for flag in copy.instruction.flags)))
    groups: dict[str, list[str]] = {}
    for path in paths:
        folder = path if path in context.directories else posixpath.dirname(path)
        groups.setdefault(folder[len(copy.folder) :].strip("/"), []).append(path)
    for folder, group in groups.items():
        yield f"{head} {' '.join(group)} {base}{folder}{'/' if folder else ''}"


def _name(found: InstallBehindSources) -> str:
    install = found.installs[0]
    return f"{install.operation.command.words[0].text} {install.said}".strip()


def _message(found: InstallBehindSources, paths: Sequence[str]) -> str:
    names = [posixpath.basename(path) for path in paths]
    if len(set(names)) < len(names):
        names = list(paths)
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    if len(names) > 4:
        listed = f"{len(names)} manifests"
    return f"runs {_name(found)} on {listed} alone, so that edited sources keep its layer"
