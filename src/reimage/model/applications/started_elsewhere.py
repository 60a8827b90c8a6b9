"""What the files around a Dockerfile ask of its stages, which a rewrite must not take away."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise

from reimage.dockerfile import Entrypoint
from reimage.model.applications.application import Application
from reimage.model.applications.entry import Entry, entry
from reimage.model.applications.linked_libraries import distributions
from reimage.model.applications.references import official
from reimage.model.context import ContextFacts
from reimage.model.stages import Stage
from reimage.model.uses import Use
from reimage.shell import parse

_SHELLS = frozenset("ash bash dash sh".split())
_IN_DEBIAN = _SHELLS | frozenset(
    """
    [ cat cd chmod chown cp date echo env exec exit export false grep ls mkdir mv printf pwd rm sed
    set sleep tail test timeout touch true wait
    """.split()
)
_RUNNERS = frozenset("bun npm npx pipenv pnpm poetry uv yarn".split())
"""What they start is not told by their name, and they may not be there themselves."""
_INTERPRETERS = {"python": ("python", "python3"), "node": ("node",), "ruby": ("ruby",)}


def by_number(context: ContextFacts) -> str | None:
    """Who names a stage by its number, which another stage would take."""
    for use in _uses(context):
        if use.target and use.target.isdigit():
            return f"{use.where} names stage {use.target} by its number"
    return None


def built_by_name(context: ContextFacts | None, stage: Stage) -> str | None:
    """Who builds a stage that is not the last, or may: it has to stay as it is."""
    for use in _uses(context):
        if use.target is None:
            return f"{use.where} computes which stage it builds"
        if use.target and use.target.lower() in (stage.name, str(stage.index)):
            return f"{use.where} builds {use.target}, which would change"
    return None


def asked_for_elsewhere(context: ContextFacts, stage: Stage, found: Application) -> str | None:
    """What keeps a single stage from being split as `found` says."""
    started = entry(stage)
    assert not isinstance(started, str)
    there = (*found.packages, *((found.program.path,) if found.program else ()))
    return by_number(context) or lacking(context, stage, started, found.base, there)


def lacking(
    context: ContextFacts | None, stage: Stage, started: Entry, image: str, there: Collection[str]
) -> str | None:
    """What is started in the last stage by others, and that it may not have once it ends on
    `image`. `there` are the programs that are known to be there, besides the image's own."""
    known = {_name(each) for each in started.programs} - _RUNNERS
    known.update(map(_name, there))
    base = official(stage.image or "", *_INTERPRETERS)
    if base is not None:
        known.update(_INTERPRETERS[base.name])
        known.update(distributions(context) if context and base.name == "python" else ())
    for use in _of_the_last(context, stage):
        for words in _started(use, stage):
            problem = _is_lacking(words, image, known)
            if problem and words != started.words:
                return f"{use.where} {problem}"
    return None


def started_in(context: ContextFacts, stage: Stage) -> set[str]:
    """The names of the programs that others start in the last stage; of a script that can't be
    read, all words."""
    words = [each for use in _of_the_last(context, stage) for each in _started(use, stage)]
    return {name for each in words for name in _programs(each) or " ".join(each).split()}


def mounted(context: ContextFacts | None, stage: Stage) -> str | None:
    """Who mounts something into a container of the stage."""
    for use in _of_the_last(context, stage):
        if use.mounts:
            return f"{use.where} mounts something into it, which it may write to"
    return None


def _uses(context: ContextFacts | None) -> tuple[Use, ...]:
    return context.uses.all() if context and context.uses else ()


def _of_the_last(context: ContextFacts | None, stage: Stage) -> Iterator[Use]:
    for use in _uses(context):
        if use.target in ("", None, stage.name, str(stage.index)):
            yield use


def _started(use: Use, stage: Stage) -> Iterator[tuple[str, ...]]:
    """The commands that are not the image's own; what only adds words to its ENTRYPOINT is."""
    if use.entrypoint:
        yield (*use.entrypoint, *use.command)
    elif use.command and not any(isinstance(each, Entrypoint) for each in stage.instructions):
        yield use.command
    if use.check:
        yield use.check


def _is_lacking(words: tuple[str, ...], image: str, known: Collection[str]) -> str | None:
    programs = _programs(words)
    text = " ".join(words)
    if programs is None:
        return f"starts {text}, which can't be read"
    bare = image.startswith(("gcr.io/distroless/", "scratch"))
    if bare and _SHELLS.intersection(programs):
        return f"asks a shell to run {text}, and {image} has none"
    if "/nodejs" in image:
        return f"starts {text}, which the entry point of {image} would take for its own arguments"
    for name in programs:
        if name not in known and (bare or name not in _IN_DEBIAN):
            return f"starts {name} in it, and it is not known whether it would be there"
    return None


def _programs(words: tuple[str, ...]) -> list[str] | None:
    """The names of the programs that are started; None for a script that can't be read."""
    first = _name(words[0])
    if first not in _SHELLS:
        return [first]
    scripts = [each for flag, each in pairwise(words) if flag.endswith("c")]
    script = parse(scripts[0]) if scripts else None
    if script is None or script.opaque:
        return None
    names = [each.unwrapped().name for each in script.commands]
    return [first, *(_name(each or "?") for each in names)]


def _name(program: str) -> str:
    return program.rpartition("/")[2]
