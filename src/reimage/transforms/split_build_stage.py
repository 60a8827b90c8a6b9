"""What builds an application need not be shipped with it."""

from __future__ import annotations

from collections.abc import Iterator

from reimage.model import Facts
from reimage.model.applications.known import is_known
from reimage.rewriting import Claim, Evidence, Finding, Refusal, Rewrite, Skipped, transformation


@transformation(
    claim=Claim.SAME_BEHAVIOUR, may_change=("Stages", "From", "Env", "Cmd", "Entrypoint")
)
def split_build_stage(facts: Facts) -> Iterator[Finding]:
    """Build in one stage and ship only what runs in another.

    A [multi-stage build](https://docs.docker.com/build/building/multi-stage/) leaves compilers,
    headers, package managers and development packages behind: only what is copied from the build
    stage is in the image. The stage that is there becomes the build stage, word for word; a final
    stage behind it begins with the slim image of the same version (for a Go program without cgo
    with a distroless one), takes over what the image says of itself (ENV, EXPOSE, USER, CMD …), and
    copies dependencies before sources, so that an edit changes the last and smallest layer. A stage
    name moves on to the final stage, so that `--target` finds what it found.

    Python packages are installed into a virtual environment, which is one directory to copy;
    Node.js loses its development packages after the build; of a Go build the program is kept,
    without symbols (`-s -w`), which only debuggers read, and what was compiled stays in a [cache
    mount](https://docs.docker.com/build/cache/optimize/#use-cache-mounts) for the build after the
    next edit. What C libraries a program is linked to
    comes along: the loader of the build stage tells. A jar runs on a Java runtime that jlink makes
    of the JDK's own modules, those of its tools left out.
    With `--build` the image as it was tells which libraries the application is linked to, and what
    its `-dev` packages are for; without it that is assumed by the names of packages.
    What cmake, meson or make install is installed once more, into a directory of its own that is
    copied. A site goes on behind the nginx that served it, without Node.js; gems go to the
    slim image of Ruby.

    Refuses where a step is not understood: a command that may write anywhere, files among those of
    the base image, another user while it builds, ONBUILD, a base behind a build argument or a
    digest, a compiled program whose sources start another or load a library by its name. Compose
    files, bake files and scripts around the Dockerfile are read, too: what they start in the image
    has to be there, and a stage that they name by its number can't be another one. Needs the build
    context.
    """
    if len(facts.stages) != 1:
        return
    stage = facts.stages[0]
    if stage.windows or not is_known(stage) or not stage.runs:
        return
    span = stage.from_.span
    if facts.context is None:
        yield Skipped("context", span)
        return
    # Most files need none of this.
    from reimage.model.applications.application import Application
    from reimage.model.applications.recipes import application
    from reimage.model.applications.started_elsewhere import asked_for_elsewhere
    from reimage.model.applications.steps import steps
    from reimage.rewriting.edits.compiling import keep_compiled
    from reimage.rewriting.edits.final_stage import split_stage

    found = application(stage, facts.context)
    if isinstance(found, Application) and found.is_smaller:
        found = asked_for_elsewhere(facts.context, stage, found) or found
    if isinstance(found, str):
        yield Refusal(f"the build can't be told from what runs: {found}", span)
    elif found is not None and found.is_smaller:
        known = steps(stage)
        assert not isinstance(known, str)
        edits = split_stage(stage, found, known, facts.dockerfile.source)
        edits += tuple(keep_compiled(facts, stage, known))
        message = f"ships {found.base} with what runs, and leaves behind what only built it"
        if found.assumed:
            message += f"; assumes {found.assumed}"
        evidence = Evidence.BUILT if facts.context.built else Evidence.ASSUMED
        yield Rewrite(message, span, edits, evidence=evidence)
