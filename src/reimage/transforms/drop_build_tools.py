"""A compiler in an image is weight, work for whoever patches it, and a gift to an intruder."""

from __future__ import annotations

from collections.abc import Iterator

from reimage.model import Facts, Stage
from reimage.model.applications.build_tools import Tools, build_tools
from reimage.model.context import NeedsContext
from reimage.rewriting import Claim, Evidence, Finding, Refusal, Rewrite, Skipped, transformation
from reimage.rewriting.edits.packages import name_after
from reimage.rewriting.edits.script_edits import append_commands
from reimage.shell import Word
from reimage.text import Edit, Span


@transformation(claim=Claim.SAME_BEHAVIOUR)
def drop_build_tools(facts: Facts) -> Iterator[Finding]:
    """Leave compilers, headers and version control out of the final stage.

    Packages that a RUN installs to build with are removed by
    [the same RUN](https://docs.docker.com/build/building/best-practices/#run), for a later one
    would only hide them. Where nothing in the stage builds, they are not installed at all. A
    library that came with its headers is named instead, so that it stays: libpq5 for libpq-dev.
    Headers whose library is not known stay as well. curl, wget, git and unzip go where this RUN
    alone calls them.

    Only on images that hold no such tools themselves: the slim ones, Alpine, Debian, Ubuntu.
    `split-build-stage` saves more wherever it applies, and comes first.

    Refuses where a later RUN may compile, where the command, the entrypoint script or the Python
    sources start one of the tools, where a package compiles when it runs (torch, numba), where a
    command is not understood, and for ONBUILD.
    """
    if not facts.stages:
        return
    stage = facts.stages[-1]
    for found in build_tools(stage, facts.context):
        if isinstance(found, NeedsContext):
            yield Skipped("context", stage.from_.span)
        elif isinstance(found, Tools):
            yield _rewritten(facts, stage, found)
        else:
            run, reason = found
            yield Refusal(f"build tools stay in the image: {reason}", run.run.span)


def _rewritten(facts: Facts, stage: Stage, found: Tools) -> Finding:
    span = found.run.run.span
    source = facts.dockerfile.source
    edits = _removed_at_the_end(found, source) if found.used else _not_installed(found)
    if isinstance(edits, str):
        return Refusal(f"build tools stay in the image: {edits}", span)
    names = ", ".join(found.names)
    how = f"removes {names} once it is built" if found.used else f"does without {names}"
    if found.libraries:
        how += f", and keeps {', '.join(found.libraries)}"
    image = stage.from_.image
    assert image is not None
    base = Span(image.span.start, stage.from_.full_span.end)
    # A stage that is split needs its tools: where FROM changes, this is looked at again.
    unchanged = Edit(base, base.of(source))
    message = f"{how}; assumes that what runs starts none of them"
    return Rewrite(message, span, (unchanged, *edits), evidence=Evidence.ASSUMED)


def _removed_at_the_end(found: Tools, source: str) -> tuple[Edit, ...] | str:
    how = "apk del" if found.operation.manager.name == "apk" else "apt-get purge -y --auto-remove"
    outer = next(
        (e for e in found.run.commands if e.span.end == found.operation.command.span.end), None
    )
    if outer is None or outer.nesting or outer.name != found.operation.command.name:
        return "the install is part of a larger command"
    appended = append_commands(found.run, [f"{how} {' '.join(found.names)}"])
    if isinstance(appended, str):
        return appended
    if not found.libraries:
        return (appended,)
    last = found.operation.packages[-1]
    return (name_after(found.run, source, last, found.libraries), appended)


def _not_installed(found: Tools) -> tuple[Edit, ...] | str:
    packages = found.operation.packages
    if found.run.run.inner_comments:
        return "a comment among the packages would be lost"
    if len(found.words) == len(packages) and not found.libraries:
        return "nothing else is installed: the RUN can be left out"
    words = found.operation.command.words
    edits = []
    libraries = " ".join(found.libraries)
    for word in found.words:
        if libraries:
            edits.append(Edit(found.run.span(word.span), libraries))
            libraries = ""
            continue
        before = _before(words, word)
        start, end = found.run.span(before.span).end, found.run.span(word.span).end
        edits.append(Edit(Span(start, end), ""))
    return tuple(edits)


def _before(words: tuple[Word, ...], word: Word) -> Word:
    return words[words.index(word) - 1]
