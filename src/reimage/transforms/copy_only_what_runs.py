"""A second stage that takes over the whole folder of the first one ships what built it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reimage.model import Facts
from reimage.rewriting import Claim, Evidence, Finding, Refusal, Rewrite, Skipped, transformation
from reimage.text import Edit, Span

if TYPE_CHECKING:
    from reimage.model.applications.whole_copies import Narrower, WholeCopy


@transformation(claim=Claim.SAME_BEHAVIOUR)
def copy_only_what_runs(facts: Facts) -> Iterator[Finding]:
    """Copy what the command runs from the build stage, and not all that lies beside it.

    [`COPY --from=build /app /app`](https://docs.docker.com/build/building/multi-stage/) brings
    sources, object files and development packages into the image. Of a compiled language the
    program, or the jar, is copied with the data files beside its sources; of Node.js the build
    stage removes the development packages once it has built. What runs is told by the same recipes
    as for `split-build-stage`, from the final stage's command.

    Only where the folder is the working directory of both stages. Refuses where a recipe can't
    tell what runs, and where another stage is built on the one that would lose packages. Needs the
    build context.
    """
    if len(facts.stages) < 2:
        return
    # Most files have one stage.
    from reimage.model.applications.whole_copies import narrower, whole_copies

    stage = facts.stages[-1]
    for whole in whole_copies(stage):
        span = whole.copy.span
        if facts.context is None:
            yield Skipped("context", span)
            continue
        found = narrower(facts, stage, whole, facts.context)
        if isinstance(found, str):
            yield Refusal(f"all of {whole.folder} is copied: {found}", span)
        elif found is not None:
            yield _rewritten(facts, whole, found)


def _rewritten(facts: Facts, whole: WholeCopy, found: Narrower) -> Rewrite:
    copy, source = whole.copy, facts.dockerfile.source
    newline = copy.newline
    if not found.artifacts:
        last = [whole.builder.from_, *whole.builder.instructions][-1]
        behind = Span(last.full_span.end, last.full_span.end)
        edits = (Edit(behind, "".join(line + newline for line in found.lines)),)
        message = f"removes development packages before all of {whole.folder} is copied"
        return Rewrite(message, copy.span, edits, evidence=Evidence.ASSUMED)
    keyword = copy.keyword_span.of(source)
    flags = "".join(f" {flag.span.of(source)}" for flag in copy.flags)
    lines = [f"{keyword}{flags} {each.path} {each.path}" for each in found.artifacts]
    names = ", ".join(each.path for each in found.artifacts)
    message = f"copies {names} in place of all of {whole.folder}"
    if found.assumed:
        message += f"; assumes {found.assumed}"
    text = newline.join(lines)
    end = copy.span.end
    if source[:end].endswith("\n"):
        text += newline
    return Rewrite(message, copy.span, (Edit(copy.span, text),), evidence=Evidence.ASSUMED)
