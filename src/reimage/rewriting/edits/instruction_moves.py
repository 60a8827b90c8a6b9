"""Moves of whole instructions, with the comments that belong to them."""

from __future__ import annotations

from reimage.dockerfile import Instruction, Run
from reimage.text import Edit, Span, late

_BLANK_LINE = late(r"[ \t]*\r?\n")


def move_behind(
    instruction: Instruction, other: Instruction, source: str, instead: str
) -> tuple[Edit, ...]:
    """Move `instruction` with its comments behind `other`, and put `instead` in its place.

    Blank lines that set it off from the next instruction set it off in its new place, too.
    """
    newline = newline_of(instruction, source)
    moved = instruction.full_span.of(source)
    at = other.full_span.end
    stood_apart = _BLANK_LINE.match(source, instruction.full_span.end)
    stands_apart = at == len(source) or _BLANK_LINE.match(source, at)
    before = newline if stood_apart and stands_apart else ""
    if not source[:at].endswith("\n"):
        before += newline
        moved = moved.removesuffix(newline)
    return Edit(instruction.full_span, instead), Edit(Span(at, at), before + moved)


def move_between(
    instruction: Instruction, run: Run, joint: Span, source: str, instead: str
) -> tuple[Edit, ...] | str:
    """Split `run` at `joint`, the connector of two commands, and move `instruction` in between.

    Answers with the reason where that can't be done.
    """
    newline = newline_of(instruction, source)
    if any(joint.start < comment.start < joint.end for comment in run.inner_comments):
        return "a comment stands where the RUN would be split"
    keyword = run.keyword_span.of(source)
    head = " ".join((keyword, *(flag.span.of(source) for flag in run.flags)))
    moved = instruction.full_span.of(source)
    return (
        Edit(instruction.full_span, instead),
        Edit(joint, f"{newline}{moved}{head} "),
    )


def newline_of(instruction: Instruction, source: str) -> str:
    """The line ending of an instruction that is not the last line of the file."""
    return "\r\n" if instruction.full_span.of(source).endswith("\r\n") else "\n"
