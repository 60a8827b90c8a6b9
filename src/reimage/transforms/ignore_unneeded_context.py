"""COPY of the whole context takes along what lies about in the folder."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from reimage.model import ContextFacts, Facts
from reimage.model.copies.context_readers import Reader, readers
from reimage.model.ignoring.context_needs import why_needed
from reimage.model.ignoring.unneeded_files import Kind, Unneeded, files_in, unneeded_files
from reimage.rewriting import Claim, Evidence, Finding, Refusal, Rewrite, Skipped, transformation
from reimage.text import Edit, Span, late

_DOCKERFILE = late(r"(?:.*[.-])?(?:Docker|Container)file(?:[.-].*)?", re.IGNORECASE)


@transformation(claim=Claim.SAME_BEHAVIOUR)
def ignore_unneeded_context(facts: Facts) -> Iterator[Finding]:
    """Hold back history, installed packages, caches and secrets with the ignore file.

    `COPY . .` copies what the folder holds: the repository's history, a node_modules for another
    platform over the installed one, caches, keys. Each of them makes the build context and the
    image larger, and a change of any builds all later steps again. What the [ignore
    file](https://docs.docker.com/build/concepts/context/#dockerignore-files) names is not sent.

    Only what is in the context now, and what a COPY takes along without naming it, is added at the
    end of the ignore file. It stays away from .git where something may ask for a version (Git
    commands, go build, setuptools_scm, scripts), from node_modules that the image does not install
    itself, from what the Dockerfile names, and from ignore files that other Dockerfiles share.
    Without a secret such as `.env` the application may behave otherwise, so that is a change of its
    own with a weaker claim.
    """
    found = tuple(readers(facts))
    context = facts.context
    whole = next((each for each in found if each.source == ""), None)
    if context is None or context.truncated:
        if whole:
            yield Skipped("context", whole.instruction.span)
        return
    if not any(each.is_folder(context) for each in found):
        return
    wanted = _wanted(found, context)
    if not wanted:
        return
    at = next(r for r in found if any(r.gets(each.path, context) for each in wanted))
    if reason := _shared(context):
        yield Refusal(reason, at.instruction.span)
        return
    needed: dict[str, str] = {}
    for each in wanted:
        if reason := why_needed(each, found, facts, context):
            needed.setdefault(each.pattern, f"{each.path} is copied: {reason}")
    for reason in needed.values():
        yield Refusal(reason, at.instruction.span)
    free = [each for each in wanted if each.pattern not in needed]
    for claim in (Claim.SAME_BEHAVIOUR, Claim.CHANGES_BEHAVIOUR):
        is_secret = claim is Claim.CHANGES_BEHAVIOUR
        if chosen := [each for each in free if (each.kind is Kind.SECRET) is is_secret]:
            files = {context.ignore_path: (_edit(chosen, context),)}
            message = _message(chosen, context)
            yield Rewrite(message, at.instruction.span, (), files, claim, Evidence.FACTS)


def _wanted(found: Sequence[Reader], context: ContextFacts) -> list[Unneeded]:
    """All that new lines of the ignore file would hold back, where some of it is copied."""
    text = context.texts.get(context.ignore_path, "")
    there = {line.strip().strip("/") for line in text.split("\n")}
    candidates = [each for each in unneeded_files(context) if each.pattern not in there]
    patterns = {
        each.pattern
        for each in candidates
        if any(reader.gets(each.path, context) for reader in found)
    }
    return [each for each in candidates if each.pattern in patterns]


def _shared(context: ContextFacts) -> str | None:
    """A Dockerfile that can't be seen here may need what this one does not."""
    if posixpath.basename(context.ignore_path) != ".dockerignore":
        return None
    paths = (*context.files, *context.present)
    others = [path for path in paths if _DOCKERFILE.fullmatch(posixpath.basename(path))]
    if len(others) < 2:
        return None
    return f"{len(others)} Dockerfiles share {context.ignore_path}, and the others may need more"


def _edit(chosen: Sequence[Unneeded], context: ContextFacts) -> Edit:
    text = context.texts.get(context.ignore_path, "")
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = "".join(f"{pattern}{newline}" for pattern in _patterns(chosen))
    start = newline if text and not text.endswith("\n") else ""
    return Edit(Span(len(text), len(text)), start + lines)


def _patterns(chosen: Sequence[Unneeded]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.pattern for each in chosen))


def _message(chosen: Sequence[Unneeded], context: ContextFacts) -> str:
    names = [pattern.removeprefix("**/") for pattern in _patterns(chosen)]
    if len(names) > 4:
        names[3:] = [f"{len(names) - 3} more"]
    shown = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    files = files_in([each.path for each in chosen], context)
    size = sum(context.files[path] for path in files)
    count = "1 file" if len(files) == 1 else f"{len(files):,} files"
    length = "1 byte" if size == 1 else f"{size:,} bytes"
    return f"keeps {shown} out of the build context: {count}, {length}"
