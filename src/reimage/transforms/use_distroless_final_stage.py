"""A final stage that only holds what runs needs neither a shell nor a package manager."""

from __future__ import annotations

from collections.abc import Iterator

from reimage.model import Facts, Stage
from reimage.model.applications.known import is_known
from reimage.model.applications.references import official
from reimage.model.context import NeedsContext
from reimage.rewriting import Claim, Evidence, Finding, Refusal, Rewrite, Skipped, transformation


@transformation(
    claim=Claim.SAME_BEHAVIOUR,
    may_change=("Stages", "From", "Env", "Cmd", "Entrypoint", "User", "Healthcheck"),
)
def use_distroless_final_stage(facts: Facts) -> Iterator[Finding]:
    """End on an image that holds the runtime and nothing else.

    [Distroless images](https://github.com/GoogleContainerTools/distroless) have no shell, package
    manager or other program that the application does not need: less to ship, less to patch, less
    for an intruder. A final stage of several that only copies, from `node` or `python`, ends on one
    of them. Node.js is there in the same major version, and starts by the image's own entry point;
    `npm start` is looked up in package.json, and becomes the call of node that it is. Distroless
    images have Debian's Python, while packages were installed by the one in the build stage: that
    interpreter is carried along with the shared libraries of its standard library, and its
    installer and demonstrations stay behind. `USER node`, `www-data` or a user that the stage makes
    becomes `nonroot`.

    A program of Go that is built without cgo needs no C library either: from `alpine`, `debian`,
    `ubuntu` or `busybox` it moves to `static`, where only certificates and time zones were
    installed.

    A single stage that installs packages on the slim image is split for that: it has no compilers
    to leave behind, but a shell and two package managers.

    Refuses where a shell is asked for: a RUN, a CMD or HEALTHCHECK in shell form, a script of
    package.json that does more than call node, Python sources that start programs; and where an
    account is named that is not there. Where the tag of Python names no release of Debian, and
    no registry was asked (`--bases`), the image is of the newest, whose C library runs what was
    linked to an older one; a tag with a patch version may be of any age, and is left.
    """
    if len(facts.stages) == 1:
        yield from _of_a_single_stage(facts, facts.stages[0])
        return
    stage = facts.stages[-1]
    base = official(stage.image or "", "python", "node")
    if base is None and not stage.windows:
        yield from _of_a_program(facts, stage)
        return
    if base is None or not base.debian or stage.windows or stage.base:
        return
    # Most files need none of this.
    from reimage.model.applications.distroless import Replacement
    from reimage.rewriting.edits.distroless_ending import ending, replacement

    span = stage.from_.span
    result = replacement(facts, stage)
    if isinstance(result, str):
        yield Refusal(f"the final stage stays on {stage.image}: {result}", span)
    elif isinstance(result, Replacement):
        edits = ending(facts, stage, result)
        if isinstance(edits, str):
            yield Refusal(f"the final stage stays on {stage.image}: {edits}", span)
            return
        message = f"ends on {result.image}, which has no shell and no package manager"
        if result.carried_from:
            message += f", with the interpreter that installed the packages ({result.version})"
        yield Rewrite(message, span, edits, evidence=_evidence(facts))
    elif result is None:
        yield Skipped("context", span)


def _of_a_single_stage(facts: Facts, stage: Stage) -> Iterator[Finding]:
    """A stage on the slim image, which split_build_stage leaves: it would gain nothing."""
    base = official(stage.image or "", "python", "node")
    if base is None or not base.slim or stage.windows or not stage.runs or not is_known(stage):
        return
    span = stage.from_.span
    if facts.context is None:
        yield Skipped("context", span)
        return
    from reimage.rewriting.edits.distroless_split import split_to_distroless

    found = split_to_distroless(facts, stage)
    if found is not None:
        message = f"ends on {found.image}, which has no shell and no package manager"
        message += f"; assumes {found.assumed}"
        yield Rewrite(message, span, found.edits, evidence=_evidence(facts))


def _of_a_program(facts: Facts, stage: Stage) -> Iterator[Finding]:
    """A stage that holds a program of Go, which needs no system."""
    if not any(official(each.image or "", "golang") for each in stage.uses):
        return
    from reimage.model.applications.static_finals import StaticFinal, static_final
    from reimage.rewriting.edits.distroless_ending import onto

    span = stage.from_.span
    found = static_final(facts, stage)
    if isinstance(found, NeedsContext):
        yield Skipped("context", span)
    elif isinstance(found, StaticFinal):
        edits = onto(facts, stage, found.image)
        if isinstance(edits, str):
            yield Refusal(f"the final stage stays on {stage.image}: {edits}", span)
            return
        message = f"ends on {found.image}, which has no shell and no package manager"
        message += "; assumes that the program starts no other one and opens no library"
        yield Rewrite(message, span, (*edits, *found.edits), evidence=Evidence.ASSUMED)
    elif found is not None:
        yield Refusal(f"the final stage stays on {stage.image}: {found}", span)


def _evidence(facts: Facts) -> Evidence:
    return Evidence.BUILT if facts.context and facts.context.built else Evidence.ASSUMED
