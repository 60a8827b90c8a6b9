"""A cache mount keeps downloads out of the image, and for the next build."""

from __future__ import annotations

from collections.abc import Iterator

from reimage.model import Facts, RunFacts, Stage
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, Skipped, transformation
from reimage.shell import PackageOperation
from reimage.text import Span, late

_CALL = late(
    r"\b(?:apt|apt-get|pip[\d.]*|uv|npm|yarn|pnpm|composer|gem|bundle|go|cargo|mvnw?|gradlew?)\b"
)


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
    create. Of `/var/lib/apt` only the lists are mounted: the rest belongs to the image.

    It refuses where user, home or directory are not known, where something needs what the layer
    holds (later RUNs that work offline, `COPY --from`, the container's command), where what is
    installed runs from the cache (global packages of pnpm, links that uv makes), and for Go, Cargo,
    Maven and Gradle in a stage that ships. conda is left alone: its environments are links into its
    cache.
    """
    # Most runs only ask who this is: it is not the default.
    from reimage.model.caches.download_needs import downloads_something
    from reimage.rewriting.edits.mounting import knows_mounts

    is_old = not knows_mounts(facts.dockerfile)
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
    from reimage.model.caches.download_needs import downloads_something
    from reimage.rewriting.edits.apt_mounting import mounts_apt
    from reimage.rewriting.edits.mount_plans import MountPlan

    at, plan = run.run.span, MountPlan(facts, stage, run)
    by_manager: dict[str, list[PackageOperation]] = {}
    for operation in run.operations:
        if downloads_something(operation):
            by_manager.setdefault(operation.manager.name, []).append(operation)
    if mounts_apt(run) and (reason := plan.add_apt()):
        yield _refused("apt", reason, at)
    for name, operations in by_manager.items():
        if name == "yarn" and facts.context is None:
            yield Skipped("context", at)
        elif reason := plan.add(operations):
            yield _refused(name, reason, at)
    if not plan.names:
        return
    names = " and ".join(plan.names)
    edits = plan.edits()
    if isinstance(edits, str):
        yield _refused(names, edits, at)
        return
    is_weaker = "apt" in plan.names or plan.for_other_users
    message = f"keeps the downloads of {names} for the next build"
    if not plan.flags:
        message = "lets apt keep the downloads that go into the cache mount"
    claim = Claim.SAME_BEHAVIOUR if is_weaker else None
    yield Rewrite(message, at, edits, claim=claim)


def _refused(names: str, reason: str, at: Span) -> Refusal:
    return Refusal(f"the downloads of {names} get no cache mount: {reason}", at)
