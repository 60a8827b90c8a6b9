"""A program that is broken into as root owns all files of its container."""

from __future__ import annotations

from collections.abc import Iterator

from reimage.dockerfile import Add, Cmd, Copy, Entrypoint, Instruction, Run, Workdir
from reimage.model import Facts, Stage
from reimage.model.applications.other_user import other_user
from reimage.model.context import NeedsContext
from reimage.rewriting import Claim, Evidence, Finding, Refusal, Rewrite, Skipped, transformation
from reimage.text import Edit, Span


@transformation(claim=Claim.SAME_BEHAVIOUR, may_change=("User",))
def run_as_nonroot(facts: Facts) -> Iterator[Finding]:
    """Start the program as a user that is not root.

    [USER](https://docs.docker.com/build/building/best-practices/#user) decides as whom the program
    runs. The final stage names `nonroot` on a distroless image, `node` on the one of Node.js, and
    elsewhere makes a system account `app` with a home of its own, in the way of the distribution.
    Files stay root's: the program can read them, and not change them.

    Only for Python, for Node.js, and for a program that a stage builds of Go, whose sources are
    read: none of them writes, moves or removes files outside of /tmp, opens a database in a file,
    starts a program or takes a port below 1024, and none of its packages is known for that.

    Refuses where root may be needed: a port below 1024, an entrypoint script, a server that changes
    users itself, VOLUME, directories that a RUN makes or gives away, files below /root, and files
    of the build context that their owner alone can read. Leaves a stage that says USER.
    """
    if not facts.stages:
        return
    stage = facts.stages[-1]
    found = other_user(facts, stage)
    if found is None:
        return
    started = [each for each in stage.instructions if isinstance(each, Cmd | Entrypoint)]
    at = started[0].span if started else stage.from_.span
    if isinstance(found, str):
        yield Refusal(f"it stays root's program: {found}", at)
    elif isinstance(found, NeedsContext):
        yield Skipped("context", at)
    elif started and stage.from_.image:
        source, newline = facts.dockerfile.source, stage.from_.newline
        place, line = _user(stage, started[0], found.user, source)
        # All of FROM is part of it: where another rewrite changes the base, this one is looked at
        # again.
        base = Span(stage.from_.image.span.start, stage.from_.full_span.end)
        text = base.of(source) + "".join(line + newline for line in found.lines)
        edits = (Edit(base, text), Edit(Span(place, place), line))
        message = f"runs as {found.user}, because its sources ask for nothing that is root's"
        yield Rewrite(message, at, edits, evidence=Evidence.ASSUMED)


def _user(stage: Stage, started: Instruction, user: str, source: str) -> tuple[int, str]:
    """Where USER goes, and its line: before what is started, but behind all that root does."""
    newline = stage.from_.newline
    keyword = "user" if stage.from_.keyword_span.of(source).islower() else "USER"
    last = [each for each in stage.instructions if isinstance(each, Run | Copy | Add | Workdir)]
    if not last or stage.position(last[-1]) < stage.position(started):
        return started.full_span.start, f"{keyword} {user}{newline}"
    place = last[-1].full_span.end
    ended = source[:place].endswith("\n")
    return place, f"{'' if ended else newline}{keyword} {user}{newline}"
