"""A full base image carries compilers and headers into every image that is made from it."""

from __future__ import annotations

from collections.abc import Iterator

from reimage.model import Facts
from reimage.rewriting import Claim, Evidence, Finding, Refusal, Rewrite, transformation
from reimage.text import Edit


@transformation(
    claim=Claim.SAME_BEHAVIOUR, may_change=("From",), alternative_to="split_build_stage"
)
def use_slim_base(facts: Facts) -> Iterator[Finding]:
    """Begin the final stage with the slim image of the same version.

    The full images of `python`, `node`, `ruby` and others hold compilers, headers and version
    control for whatever may have to be built; their
    [`-slim` variants](https://hub.docker.com/_/python#pythonversion-slim) hold what runs. Same
    publisher, same release of Debian, same C library, a tenth of the size. `reimage bases` tells
    the figures.

    Nothing in the file changes but the tag. The claim is same-behaviour only for a stage that runs
    nothing while it is built. Where there are RUNs it is changes-behaviour: the build may miss a
    program, and a library that only the full image has may be missed by what runs. It refuses where
    a RUN names such a program and does not install it, and where the base is behind a build
    argument or a digest. `split-build-stage`, whose alternative it is, keeps the full image for
    building.
    """
    if not facts.stages:
        return
    from reimage.model.images.slim_bases import slim_base

    stage = facts.stages[-1]
    word, span = stage.from_.image, stage.from_.span
    found = slim_base(stage)
    if found is None or word is None:
        return
    if isinstance(found, str):
        yield Refusal(f"{stage.image or word.text} stays: {found}", span)
        return
    message = f"begins with {found.image}, which has no compilers and headers"
    if found.assumed:
        message += f"; assumes {found.assumed}"
    claim = Claim.CHANGES_BEHAVIOUR if stage.runs else None
    edits = (Edit(word.span, found.image),)
    yield Rewrite(message, span, edits, claim=claim, evidence=Evidence.ASSUMED)
