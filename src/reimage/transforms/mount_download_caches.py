"""A cache mount keeps downloads out of the image, and for the next build."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from reimage.model import Facts, RunFacts, Stage
from reimage.model.cache_places import cache_places, dependent
from reimage.model.download_needs import (
    downloads_something,
    is_source_of_build,
    moves_cache,
    needs_layer_of,
)
from reimage.model.homes import Home, home_of
from reimage.model.paths import is_at_or_above
from reimage.model.yarn import uses_classic_yarn
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, Skipped, transformation
from reimage.rewriting.apt_mounting import APT_DIRECTORIES, apt_flags_and_edits, mounts_apt
from reimage.rewriting.mounting import (
    add_flags,
    mount_flag,
    together,
    without_cleaning,
    without_options,
)
from reimage.shell import PackageOperation
from reimage.text import Edit

_CALL = re.compile(
    r"\b(?:apt|apt-get|pip[\d.]*|uv|npm|yarn|pnpm|composer|gem|bundle|go|cargo|mvnw?|gradlew?)\b"
)
_OLD_SYNTAX = re.compile(r"docker/dockerfile(?:-upstream)?:1\.[01](?:\.\d+)?(?!\S*experimental)\b")
_LOCKED = frozenset(("gradle",))


class _Plan(NamedTuple):
    """What one RUN gets, flags by directory, and why managers get nothing."""

    flags: dict[str, str]
    edits: list[Edit]
    names: list[str]
    reasons: list[str]
    directories: list[str]


@transformation(claim=Claim.SAME_FILES, alternative_to="drop_download_caches")
def mount_download_caches(facts: Facts) -> Iterator[Finding]:
    """Keep download caches in cache mounts.

    What a package manager downloads goes into a [cache
    mount](https://docs.docker.com/build/cache/optimize/#use-cache-mounts), which is no part of the
    image and is there again in the next build. Each RUN gets the directory that is in force there,
    by HOME, USER and variables such as PIP_CACHE_DIR; for users other than root the mount has
    their id. Options and commands that turn off or empty the cache go.

    apt needs more: Debian's images [delete each
    download](https://docs.docker.com/reference/dockerfile/#example-cache-apt-packages), so
    `docker-clean` goes as well, and the mounts are locked. As the image then lacks that file the
    claim is same-behaviour, and so it is for users other than root, whose `~/.cache` the mount may
    create. Only `/var/lib/apt/lists` is mounted, as the rest of `/var/lib/apt` belongs to the image.

    It refuses where user, home or directory are not known, where something needs what the layer
    holds (later RUNs that work offline, `COPY --from`, the container's command), and for Go, Cargo,
    Maven and Gradle in a stage that ships. conda is left alone: its environments are links into its
    cache.
    """
    syntax = facts.dockerfile.directive("syntax")
    is_old = syntax is not None and _OLD_SYNTAX.search(syntax.value) is not None
    for stage in facts.stages:
        for run in stage.runs:
            script = run.run.script
            if script is None or stage.windows or not _CALL.search(script.text):
                continue
            if is_old and any(map(downloads_something, run.operations)):
                yield Refusal(
                    "the syntax directive asks for a version without mounts", run.run.span
                )
            elif run.run.flag_value("network") != "none":
                yield from _look_at(facts, stage, run)


def _look_at(facts: Facts, stage: Stage, run: RunFacts) -> Iterator[Finding]:
    at, plan, claim = run.run.span, _Plan({}, [], [], [], []), Claim.SAME_FILES
    by_manager: dict[str, list[PackageOperation]] = {}
    for operation in run.operations:
        if downloads_something(operation):
            by_manager.setdefault(operation.manager.name, []).append(operation)
    if mounts_apt(run):
        claim = Claim.SAME_BEHAVIOUR
        _plan_apt(facts, stage, run, plan)
    for name, operations in by_manager.items():
        if name == "yarn" and facts.context is None:
            yield Skipped("context", at)
            continue
        home = home_of(stage, run.state)
        reason = _plan(facts, stage, run, operations, home, plan)
        if reason:
            plan.reasons.append(f"the downloads of {name} get no cache mount: {reason}")
        elif isinstance(home, Home) and home.user is not None:
            claim = Claim.SAME_BEHAVIOUR
    yield from (Refusal(reason, at) for reason in plan.reasons)
    names = " and ".join(plan.names)
    cleaning = without_cleaning(run, plan.names, plan.directories) if names else []
    if isinstance(cleaning, str):
        yield Refusal(f"the downloads of {names} get no cache mount: {cleaning}", at)
    elif flags := tuple(plan.flags.values()):
        edits = together((add_flags(run, flags), *plan.edits, *cleaning))
        yield Rewrite(f"keeps the downloads of {names} for the next build", at, edits, claim=claim)
    elif plan.edits:
        message = "lets apt keep the downloads that go into the cache mount"
        yield Rewrite(message, at, together((*plan.edits, *cleaning)), claim=claim)


def _plan_apt(facts: Facts, stage: Stage, run: RunFacts, plan: _Plan) -> None:
    found = apt_flags_and_edits(facts, stage, run)
    if isinstance(found, str):
        plan.reasons.append(f"the downloads of apt get no cache mount: {found}")
    elif any(found):
        plan.flags.update((flag, flag) for flag in found[0])
        plan.edits.extend(found[1])
        plan.directories.extend(APT_DIRECTORIES)
        plan.names.append("apt")


def _plan(
    facts: Facts,
    stage: Stage,
    run: RunFacts,
    operations: list[PackageOperation],
    home: Home | str,
    plan: _Plan,
) -> str | None:
    """Adds what the manager needs to the plan, or says why it gets nothing."""
    name = operations[0].manager.name
    if isinstance(home, str):
        return home
    places = cache_places(name, stage, run.state, home)
    if places is None or isinstance(places, str):
        return places
    places = tuple(each for each in places if not _is_mounted(run, each) and each not in plan.flags)
    if not places:
        return None
    if name == "yarn" and not (facts.context and uses_classic_yarn(facts.context)):
        return "Yarn 2 and later may run the application from their cache"
    if reason := moves_cache(facts, run, operations) or needs_layer_of(facts, stage, run, name):
        return reason
    if stage.ships and is_source_of_build(name):
        return "they are what the program is built from, and this stage ships"
    for place in places:
        if needed := dependent(facts, stage, place):
            return f"`{needed}` needs what is in {place}"
    options = without_options(run, operations)
    if isinstance(options, str):
        return options
    locked = name in _LOCKED
    plan.flags.update((each, mount_flag(each, home, locked=locked)) for each in places)
    plan.edits.extend(options)
    plan.directories.extend(places)
    plan.names.append(name)
    return None


def _is_mounted(run: RunFacts, directory: str) -> bool:
    mounted = (run.state.expand(each, run.run.escape).text for each in run.hidden_directories)
    return any(
        is_at_or_above(each, directory) or is_at_or_above(directory, each) for each in mounted
    )
