"""A rewritten Dockerfile and the proof of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reimage.model import Facts
from reimage.pipeline.proving.building import BuildBench, Built, Settings
from reimage.pipeline.proving.changing import Change, edited_file
from reimage.pipeline.proving.informing import built_image
from reimage.pipeline.proving.limits import budgets_of
from reimage.pipeline.proving.refused import NotProvable
from reimage.pipeline.proving.remembering import Memory
from reimage.pipeline.proving.repeating import reproduced
from reimage.pipeline.proving.results import BuildReport
from reimage.pipeline.proving.savings import Way, savings, whole
from reimage.pipeline.proving.search import Found, search
from reimage.pipeline.proving.telling import described, recalled, remembered, showing, side
from reimage.pipeline.proving.trial import Trial
from reimage.pipeline.proving.wishes import Wishes
from reimage.rewriting import Dropped, Identified, Outcome
from reimage.verify.smoke.judging import failures
from reimage.verify.smoke.plan import SmokeTest

if TYPE_CHECKING:
    from reimage.dockerfile import Dockerfile
    from reimage.model import ContextFacts
    from reimage.model.built_image import BuiltImage


class Task(NamedTuple):
    """One Dockerfile: its context (none where it has none), and how to rewrite it without the
    rewrites of some ids."""

    tree: Dockerfile
    folder: Path | None
    context: ContextFacts | None
    ignore: bytes
    rewritten: Callable[[frozenset[str]], Outcome]
    smoke: SmokeTest | None = None
    """of its configuration; counts where none was named"""
    informed: Callable[[BuiltImage], Callable[[frozenset[str]], Outcome]] | None = None
    """how to rewrite it once the image of the original tells what its application is linked to"""


class Proved(NamedTuple):
    """What was proven; `unchecked` are rewrites of stages that are not part of what was built."""

    outcome: Outcome
    dropped: tuple[Dropped, ...]
    unchecked: tuple[Identified, ...]
    report: BuildReport


class Proving:
    """Proves what transformations claim, on one builder. Give it to the pipeline as an option."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, task: Task) -> Proved:
        """Build, compare, and drop what does not hold.

        Raises NotProvable where the original does not build or fails its own smoke test, and
        BuildKitError where the builder itself fails.
        """
        began = time.monotonic()
        settings = self._settings
        test = settings.test or task.smoke or SmokeTest()
        rewritten = lru_cache(maxsize=256)(task.rewritten)
        target = self._settings.request.target
        unchecked = tuple(_unbuilt(rewritten(frozenset()), task.tree, target))
        without = frozenset(one.id for one in unchecked)
        source = task.tree.source.encode("utf-8", "surrogateescape")
        path = task.context.ignore_path if task.context else ".dockerignore"
        settings = replace(settings, test=test)
        whole = rewritten(without)
        memory = self._memory(task, whole, test)
        known = memory.recall() if memory else None
        with BuildBench(settings, task.folder, source, (path, task.ignore), known) as bench:
            if known is None:
                bench.fetch_bases([whole.source, whole.text])
            bench.build_both(whole)
            if known and bench.digests(whole) == known.digests:
                settings.tell("both images are those of an earlier proof (--again repeats it)")
                took = round(time.monotonic() - began, 3)
                told = recalled(known, bench, whole, test, took)
                return Proved(whole, (), unchecked, told)
            _check_original(bench.original, test)
            if task.informed and _chooses_a_base(whole):
                informed = task.informed(built_image(bench.original.subject))
                rewritten = lru_cache(maxsize=256)(informed)
                unchecked = tuple(_unbuilt(rewritten(frozenset()), task.tree, target))
                without = frozenset(one.id for one in unchecked)
                whole = rewritten(without)
            trial = Trial(bench, test)
            found: Found = search(rewritten, trial, without=without)
            shown = showing(test, bench.original.seen)
            report = self._report(bench, found, task)._replace(
                smoke=described(test, shown),
                seconds=round(time.monotonic() - began, 3),
            )
            if memory and not found.dropped and all(bench.digests(whole)):
                memory.keep(remembered(report, bench, whole, shown))
        return Proved(found.outcome, found.dropped, unchecked, report)

    def _memory(self, task: Task, whole: Outcome, test: SmokeTest) -> Memory | None:
        """None where more is asked than was kept, or where others than the images have a say."""
        settings = self._settings
        if settings.memory is None or settings.wishes != Wishes() or settings.network != "none":
            return None
        request, ids = settings.request, [one.id for one in whole.applied]
        place = (settings.builder.url, task.folder, request.target, request.platforms)
        texts = (whole.source, whole.text, sorted(whole.files.items()), task.ignore)
        return Memory(settings.memory, (*place, *texts, ids, test))

    def _report(self, bench: BuildBench, found: Found, task: Task) -> BuildReport:
        wishes = self._settings.wishes
        changed = found.outcome.text != found.outcome.source or found.outcome.files
        last = bench.built(found.outcome) if changed else bench.original
        way = Way(found.order, found.keeping)
        with ExitStack() as stack:
            change = None
            if wishes.edit:
                folder = task.folder
                name = edited_file(wishes.edit, folder, task.context)
                assert folder
                change = stack.enter_context(Change(bench, folder, name))

            def renewed(built: Built) -> int | None:
                return change.of(built).renewed if change else None

            return BuildReport(
                builder=self._settings.builder.url,
                smoke="",
                before=side(bench.original),
                after=side(last),
                saved=whole(bench, last, renewed),
                savings=savings(bench, way, last, renewed, each=wishes.each) if changed else (),
                change=change.report(bench.original, last) if change else None,
                reproducible=reproduced(bench, last) if wishes.reproducible else None,
                budgets=budgets_of(
                    (bench.original, last),
                    (found.outcome.source, found.outcome.text),
                    wishes.limits,
                    self._settings.request.target,
                ),
                builds=0,
                seconds=0.0,
            )._replace(builds=bench.builds)


def _chooses_a_base(outcome: Outcome) -> bool:
    """Whether rewrites, or refusals, go by what the application is linked to."""
    found = (*(one.transformation for one in outcome.applied),)
    found += tuple(one.transformation for one in outcome.remarks)
    return any("From" in each.may_change for each in found)


def _check_original(original: Built, test: SmokeTest) -> None:
    told = failures(test, original.smoke(None)) if test.expects else []
    if told and original.is_seen_early:
        told = failures(test, original.smoke(None, anew=True))
    if told:
        raise NotProvable(f"The original does not pass its smoke test: {told[0]}.")


def _unbuilt(outcome: Outcome, tree: Dockerfile, target: str) -> list[Identified]:
    """Rewrites in stages that the target needs nothing of: no build shows what they do."""
    stages = Facts(tree).stages
    wanted = [stage for stage in stages if target.lower() in (stage.name, str(stage.index))]
    waiting = (wanted if target and wanted else list(stages))[-1:]
    built = set()
    while waiting:
        stage = waiting.pop()
        if stage.index not in built:
            built.add(stage.index)
            waiting += [*stage.uses, *([stage.base] if stage.base else [])]
    spans = [
        (stage.from_.span.start, max(each.span.end for each in (stage.from_, *stage.instructions)))
        for stage in stages
        if stage.index not in built
    ]
    return [
        one
        for one in outcome.applied
        if any(start <= one.original.start < end for start, end in spans)
    ]
