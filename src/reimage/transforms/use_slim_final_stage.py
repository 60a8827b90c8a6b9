"""A fat base image in the final stage ships the tools of a build that happened elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from reimage.model import Facts
from reimage.model.context import NeedsContext
from reimage.rewriting import Claim, Evidence, Finding, Refusal, Rewrite, Skipped, transformation
from reimage.text import Edit, Span


@transformation(claim=Claim.SAME_BEHAVIOUR, may_change=("From",))
def use_slim_final_stage(facts: Facts) -> Iterator[Finding]:
    """End several stages on the slim image of the same version.

    Where a shell, a package manager or a script is needed when the application runs, a distroless
    image can't serve, and `use-distroless-final-stage` says so; it comes first wherever it can.
    What remains to be saved are the compilers, headers and version control of the full image: the
    final stage ends on the [`-slim` image](https://hub.docker.com/_/python#pythonversion-slim) of
    `python`, `node`, `ruby` or `debian`, on the JRE in place of the JDK, and on ASP.NET Core's
    runtime in place of .NET's SDK. Same publisher, version and release of the distribution.

    What the full image had and the application uses is installed: libraries that its manifests'
    packages link to (libpq5 for psycopg2), programs that CMD, HEALTHCHECK, the entrypoint script
    or the Python sources name (curl, git). `debian` and its slim image differ by documentation
    alone.

    Refuses where that is not known: a RUN that builds or installs in the final stage, a program
    whose name is computed, a script that can't be read, ONBUILD, a base behind a build argument or
    a digest.
    """
    if len(facts.stages) < 2:
        return
    stage = facts.stages[-1]
    word, span = stage.from_.image, stage.from_.span
    if stage.base or stage.windows or word is None:
        return
    # Most files have one stage.
    from reimage.model.applications.slim_finals import SlimFinal, slim_final
    from reimage.rewriting.edits.packages import install_packages

    found = slim_final(stage, facts.context)
    if isinstance(found, str):
        yield Refusal(f"the final stage stays on {stage.image}: {found}", span)
    elif isinstance(found, NeedsContext):
        yield Skipped("context", span)
    elif isinstance(found, SlimFinal):
        after = stage.from_.full_span.end
        lines = "".join(line + stage.from_.newline for line in install_packages(found.packages))
        edits = [Edit(word.span, found.image)]
        if lines:
            edits.append(Edit(Span(after, after), lines))
        message = f"ends on {found.image}, without the tools of the build"
        if found.packages:
            message += f", and installs {', '.join(found.packages)}"
        if found.assumed:
            message += f"; assumes {found.assumed}"
        is_built = facts.context is not None and facts.context.built is not None
        evidence = Evidence.BUILT if is_built else Evidence.ASSUMED
        yield Rewrite(message, span, tuple(edits), evidence=evidence)
