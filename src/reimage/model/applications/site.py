"""A site of files: what builds it stays behind, and the web server that served it goes on."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from reimage.dockerfile import Add, Copy
from reimage.model.applications.application import Application, Artifact
from reimage.model.applications.entry import Entry
from reimage.model.applications.plain_start import in_exec_form
from reimage.model.applications.references import official
from reimage.model.applications.steps import Kind, Step
from reimage.model.applications.system_packages import installed_packages, runtime_packages
from reimage.model.context import ContextFacts
from reimage.model.copies.copied_files import destination
from reimage.model.paths import is_at_or_above
from reimage.model.stages import Stage
from reimage.shell import Command

_SERVERS = frozenset("nginx nginx-light nginx-core nginx-full nginx-extras".split())
_OF_THE_SERVER = ("/etc/nginx", "/var/www", "/usr/share/nginx", "/var/log/nginx", "/var/lib/nginx")


def site_application(
    stage: Stage, steps: Sequence[Step], started: Entry, _context: ContextFacts
) -> Application | str | None:
    """How the server runs without what built its files; None where it starts something else."""
    base = official(stage.image or "", "node", "python")
    installed = installed_packages(steps)
    if base is None or not base.debian or started.program not in ("nginx", "/usr/sbin/nginx"):
        return None
    if isinstance(installed, str):
        return installed
    if not _SERVERS & set(installed):
        return "it starts nginx, and no RUN installs that by its name"
    packages = runtime_packages(installed, started.programs)
    if isinstance(packages, str):
        return packages
    files = list(_files(steps))
    if problem := next((each for each in files if isinstance(each, str)), None):
        return problem
    again = [
        each
        for each in stage.instructions
        if isinstance(each, Copy | Add) and _is_for_the_server(destination(each, stage) or "")
    ]
    return Application(
        base=f"debian:{base.release or 'bookworm'}-slim",
        packages=packages,
        settings=tuple(_prepared(steps)),
        sources=tuple(again),
        artifacts=tuple(each for each in files if isinstance(each, Artifact)),
        replaced=(in_exec_form(stage) or ()) if started.shell else (),
        assumed="that the server needs no files of the application but those copied for it",
    )


def _is_for_the_server(path: str) -> bool:
    return any(is_at_or_above(each, path) for each in _OF_THE_SERVER)


def _prepared(steps: Sequence[Step]) -> Iterator[str]:
    """What is taken away of the server's own files, and linked to others."""
    for step in steps:
        if step.command.name in ("rm", "ln") and step.kind is Kind.FILES and step.run.script:
            text = step.run.script.text[slice(*step.command.span)]
            if any(_is_for_the_server(word.value or "") for word in step.command.operands):
                yield f"RUN {' '.join(text.split())}"


def _files(steps: Sequence[Step]) -> Iterator[Artifact | str]:
    """What is put among the server's files; a sentence for what is not understood."""
    for step in steps:
        command = step.command
        if step.kind is not Kind.FILES or command.name in ("rm", "ln", "mkdir"):
            continue
        places = [word.value for word in command.operands]
        if command.name in ("cp", "mv") and len(places) >= 2 and None not in places:
            yield from _copied(command, step.run.state.workdir or "/", [p or "" for p in places])
        elif any(_is_for_the_server(effect.place.path) for effect in step.effects):
            yield f"{command.name} changes files of the server in a way that is not repeated here"
        elif any(is_at_or_above("/etc", effect.place.path) for effect in step.effects):
            yield f"{command.name} changes settings of the system"


def _copied(command: Command, directory: str, places: Sequence[str]) -> Iterator[Artifact | str]:
    *sources, target = places
    target = posixpath.join(directory, target)
    if not _is_for_the_server(target):
        return
    for source in sources:
        path = posixpath.normpath(posixpath.join(directory, source.removesuffix("/*")))
        is_folder = source.endswith(("/*", "/."))
        if any(sign in path for sign in "*?[$"):
            yield f"it is not known which files {source} are"
        elif is_folder:
            yield Artifact(f"{path}/", to=f"{target.rstrip('/')}/")
        elif command.has_option("-r", "-R", "-a", "--recursive", "--archive"):
            yield f"whether {command.name} puts {source} into {target} or in its place is not known"
        else:
            yield Artifact(path, to=target)
