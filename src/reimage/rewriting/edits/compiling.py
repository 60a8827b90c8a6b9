"""What a compiler keeps for its next run stays beside the build, and not in a layer of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reimage.model import Facts, RunFacts, Stage
from reimage.model.applications.steps import Step
from reimage.model.caches.cache_places import cache_places, dependent
from reimage.model.homes import home_of
from reimage.model.paths import is_at_or_above
from reimage.rewriting.edits.mounting import add_flags, knows_mounts, mount_flag
from reimage.text import Edit, late

_MOVED_OR_EMPTIED = late(r"GOCACHE|XDG_CACHE_HOME|HOME=|\.cache|\bgo\s+clean\b")


def keep_compiled(facts: Facts, stage: Stage, steps: Sequence[Step]) -> Iterator[Edit]:
    """A cache mount for each RUN that calls `go build`, so that an edit compiles again only the
    packages that it touches. Go looks its cache up by what goes into a package
    (https://go.dev/doc/go1.10#build): the program is the same with it.

    Modules stay in a layer, where RUNs without the mount find them.
    """
    if not knows_mounts(facts.dockerfile):
        return
    for run in stage.runs:
        if any(step.run is run and _compiles(step) for step in steps):
            yield from _mounted(facts, stage, run)


def _compiles(step: Step) -> bool:
    return step.command.name == "go" and step.command.values[1:2] in (("build",), ("install",))


def _mounted(facts: Facts, stage: Stage, run: RunFacts) -> Iterator[Edit]:
    home = home_of(stage, run.state)
    if isinstance(home, str) or run.run.script is None:
        return
    places = cache_places("go", stage, run.state, home)
    if not isinstance(places, tuple) or _MOVED_OR_EMPTIED.search(run.run.script.text):
        return
    compiled = places[-1]
    escape = run.run.escape
    others = (run.state.expand(each, escape).text for each in run.hidden_directories)
    if any(is_at_or_above(one, compiled) or is_at_or_above(compiled, one) for one in others):
        return
    if not dependent(facts, stage, compiled, "go"):
        yield add_flags(run, (mount_flag(compiled, home),))
