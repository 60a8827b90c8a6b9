"""A relative WORKDIR depends on the one before it, and in the end on the base image."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reimage.dockerfile import Workdir
from reimage.model import Facts, State
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, transformation
from reimage.text import Edit, late

_DOTS = late(r"""(?:\.{1,2}(?:/+|$|(?=['"]$)))+""")
_END = late(r"""(?:/+\.?)+(?=['"]?$)""")
_DRIVE = late(r"[A-Za-z]:")
_END = late(r"(?:/+\.?)+$")
_NEEDS_QUOTES = late(r"[\s$'\"\\`#]")


@transformation(claim=Claim.SAME_IMAGE, known_as=("DL3000", "WorkdirRelativePath"))
def absolute_workdir(facts: Facts) -> Iterator[Finding]:
    """Write the working directory as an absolute path.

    A relative WORKDIR is [joined to the one before
    it](https://docs.docker.com/reference/dockerfile/#workdir), which may stand far above or in
    the base image; moving a line, or another base image, sends every later COPY, RUN and CMD
    somewhere else. BuildKit warns of it as
    [WorkdirRelativePath](https://docs.docker.com/reference/build-checks/workdir-relative-path/).

    The image stays the same: the absolute path is the one that BuildKit computes, and references
    in the written part are kept. It stays away where only the base image knows the directory, and
    where a build argument can move it.
    """
    for stage in facts.stages:
        for instruction in stage.instructions:
            if not isinstance(instruction, Workdir) or instruction.value.startswith("/"):
                continue
            state = stage.before(instruction)
            if not stage.windows and _is_relative(instruction, state):
                yield _look_at(instruction, state)


def _is_relative(workdir: Workdir, state: State) -> bool:
    expansion = state.expand(workdir.value, workdir.escape)
    path = expansion.text
    # ["/app"] is no JSON array here, and what starts with an unknown variable may be absolute.
    return bool(path) and not path.startswith(("/", "$", "\\", "[")) and not _DRIVE.match(path)


def _look_at(workdir: Workdir, state: State) -> Finding:
    written = workdir.value
    quote = written[0] if written[0] in "'\"" else ""
    begins_with_reference = written.startswith("$", len(quote))
    if begins_with_reference and state.settled(written, workdir.escape) is None:
        return Refusal(f"{written} may be absolute: a build argument decides", workdir.span)
    if state.workdir is None:
        return Refusal(
            f"only the base image knows the directory that {written} is in", workdir.span
        )
    if state.workdir_overridable:
        reason = f"a build argument decides about {state.workdir}, which {written} is in"
        return Refusal(reason, workdir.span)
    if _NEEDS_QUOTES.search(state.workdir):
        return Refusal(f"{state.workdir} is not a path that can be written as it is", workdir.span)
    edits = _with_parent(workdir, state.workdir, quote)
    path = state.expand(written, workdir.escape).text
    if _END.search(state.expand(_END.sub("", written), workdir.escape).text):
        # Of an absolute path BuildKit keeps the slash at the end.
        return Refusal(f"{written} ends with a slash that a variable brings", workdir.span)
    path = posixpath.normpath(posixpath.join(state.workdir, path))
    return Rewrite(f"writes {path} in full, so that no other line decides", workdir.span, edits)


def _with_parent(workdir: Workdir, parent: str, quote: str) -> tuple[Edit, ...]:
    """Put `parent` in front, in place of the dots that lead to it, and leave no slash at the end,
    which BuildKit takes from relative paths only."""
    written, span = workdir.value, workdir.arguments.span
    dots = _DOTS.match(written, len(quote))
    start = dots.end() if dots else len(quote)
    parent = posixpath.normpath(posixpath.join(parent, written[len(quote) : start]))
    if written[start:] not in ("", quote):
        parent = parent.rstrip("/") + "/"
    end = _END.search(written, start)
    front = Edit(span(len(quote), start), parent)
    return (front, Edit(span(*end.span()), "")) if end else (front,)
